// Preloaded into a process that is to die in the middle of its work. From its assignment on it counts everything that leaves
// a trace outside of the process: statements that write, files, renames, transactions that are sent; or, with `pages`, what
// the embedded database writes into its own files, and nothing else. `crash` of the assignment ends the process at the k-th
// of them by SIGKILL, before it, after it, or during it: begun, and not waited for; a file is half written then. "pause"
// tells the parent and waits for its word. `trace` names a file for their names.
import { PGlite } from '@electric-sql/pglite'
import files, { appendFileSync, WriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import http from 'node:http'
import { Client } from 'pg'

export type Moment = 'before' | 'during' | 'after' | 'pause'

export interface Crash {
  at: number
  moment: Moment
}

let crash: Crash | undefined
let trace: string | undefined
let counted: 'writes' | 'pages' | undefined
let count = 0

/** What a process is told along with its assignment. */
export interface Traced {
  crash?: Crash
  trace?: string
  pages?: boolean
}

process.once('message', (assignment: Traced) => {
  crash = assignment.crash
  trace = assignment.trace
  counted = assignment.pages ? 'pages' : 'writes'
})

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

/** Counts a write. @returns whether the crash is at it */
function isNext(name: string): boolean {
  count++
  if (trace) appendFileSync(trace, `${name}\n`)
  return count === crash?.at
}

/** @param begin starts the write and does not wait for it; what is left of it after the process has gone is up to it */
async function write<T>(name: string, work: () => Promise<T>, begin: () => unknown = work): Promise<T> {
  if (counted !== 'writes' || !isNext(name)) return work()
  const { moment } = crash!
  if (moment === 'pause') await parentsWord(name)
  if (moment === 'before') die()
  if (moment === 'during') {
    await begin()
    die()
  }
  const done = await work()
  if (moment === 'after') die()
  return done
}

function parentsWord(name: string): Promise<unknown> {
  const word = new Promise(resolve => process.once('message', resolve))
  process.send!({ paused: name })
  return word
}

/** Until what was handed to a socket has left the process. */
const flushed = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 5))

const WRITES = /^\s*(insert|update|delete|commit|create|alter|drop)\b\s*(?:into|table)?\s*(\S*)/i

type Query = (this: unknown, ...args: unknown[]) => Promise<unknown>

for (const { prototype } of [PGlite, Client] as unknown as { prototype: { query: Query } }[]) {
  const query = prototype.query
  prototype.query = function (...args) {
    const text = typeof args[0] === 'string' ? args[0] : ''
    const parts = WRITES.exec(text)
    const run = (): Promise<unknown> => query.apply(this, args)
    if (!parts) return run()
    const begin = async (): Promise<void> => {
      run().catch(() => undefined)
      await flushed()
    }
    return write(`${parts[1]!.toLowerCase()} ${parts[2]}`.trim(), run, begin)
  }
}

type Data = string | Uint8Array | readonly Uint8Array[]

function half(data: Data): Uint8Array {
  const bytes = Buffer.concat([data].flat().map(part => Buffer.from(part as Uint8Array)))
  return bytes.subarray(0, bytes.length >> 1)
}

const { writeFile, appendFile, rename, link, truncate, open } = fs
fs.writeFile = ((...[path, data, options]: Parameters<typeof writeFile>) =>
  write(
    'file',
    () => writeFile(path, data, options),
    () => writeFile(path, half(data as Data), options),
  )) as typeof writeFile
fs.appendFile = (path, data, options) =>
  write(
    'append',
    () => appendFile(path, data, options),
    () => appendFile(path, half(data), options),
  )
fs.rename = (from, to) => write('rename', () => rename(from, to))
fs.link = (from, to) => write('link', () => link(from, to))
fs.truncate = (path, length) => write('truncate', () => truncate(path, length))
fs.open = async (...args) => {
  const handle = await open(...args)
  const whole = handle.writeFile.bind(handle)
  handle.writeFile = ((data: Data) =>
    write(
      'handle',
      () => whole(data as Uint8Array),
      () => whole(half(data)),
    )) as typeof handle.writeFile
  return handle
}

type Written = (error?: Error | null) => void
interface Stream {
  fd: number
  _write(chunk: Uint8Array, encoding: string, done: Written): void
  _writev?: unknown
}
const stream = WriteStream.prototype as unknown as Stream
const writeChunk = stream._write
delete stream._writev
stream._write = function (chunk, encoding, done) {
  const work = (): Promise<void> =>
    new Promise((resolve, reject) =>
      writeChunk.call(this, chunk, encoding, error => (error ? reject(error) : resolve())),
    )
  const begin = (): unknown => files.writeSync(this.fd, half(chunk))
  write('stream', work, begin).then(() => done(), done)
}

/** The embedded database writes by the file descriptor, 8 KiB at a time. */
type WriteSync = (fd: number, data: Uint8Array, offset: number, length: number, position: number) => number
const writeSync = files.writeSync as unknown as WriteSync
;(files as unknown as { writeSync: WriteSync }).writeSync = (fd, data, offset, length, position) => {
  const work = (size: number): number => writeSync(fd, data, offset, size, position)
  if (counted !== 'pages' || !isNext(`${length} bytes`)) return work(length)
  if (crash!.moment === 'during') work(length >> 1)
  if (crash!.moment === 'after') work(length)
  die()
}

const SENDING = '"eth_sendRawTransaction"'

const request = http.request
http.request = ((...args: Parameters<typeof request>) => {
  const sent = request(...args)
  const end = sent.end.bind(sent) as (body?: unknown) => typeof sent
  let body = ''
  const heard = (part: unknown): void => {
    if (typeof part === 'string' || part instanceof Uint8Array) body += Buffer.from(part as string).toString()
  }
  const put = sent.write.bind(sent) as (part: unknown) => boolean
  sent.write = (part: unknown) => {
    heard(part)
    return put(part)
  }
  sent.end = ((last?: unknown) => {
    heard(last)
    if (!body.includes(SENDING)) return end(last)
    const answered = new Promise<void>(resolve => sent.prependOnceListener('response', () => resolve()))
    const work = (): Promise<void> => {
      end(last)
      return answered
    }
    void write('send', work, () => {
      end(last)
      return flushed()
    })
    return sent
  }) as typeof sent.end
  return sent
}) as typeof request

const ask = globalThis.fetch
globalThis.fetch = (input, init) => {
  const run = (): Promise<Response> => ask(input, init)
  if (typeof init?.body !== 'string' || !init.body.includes(SENDING)) return run()
  return write('send', run, async () => {
    run().catch(() => undefined)
    await flushed()
  })
}
