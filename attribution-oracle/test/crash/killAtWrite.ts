// Preloaded into a process that is to die in the middle of its work. From its assignment on it counts everything that leaves
// a trace outside of the process: statements that write, files, renames, transactions that are sent. `crash` of the
// assignment ends the process at the k-th of them by SIGKILL, before it, after it, or during it: begun, and not waited for;
// a file is half written then. "pause" tells the parent and waits for its word. `trace` names a file for their names.
import { PGlite } from '@electric-sql/pglite'
import { appendFileSync } from 'node:fs'
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
let counting = false
let count = 0

process.once('message', (assignment: { crash?: Crash; trace?: string }) => {
  crash = assignment.crash
  trace = assignment.trace
  counting = true
})

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

/** @param begin starts the write and does not wait for it; what is left of it after the process has gone is up to it */
async function write<T>(name: string, work: () => Promise<T>, begin: () => unknown = work): Promise<T> {
  if (!counting) return work()
  count++
  if (trace) appendFileSync(trace, `${name}\n`)
  if (count !== crash?.at) return work()
  const { moment } = crash
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

const { writeFile, rename } = fs
fs.writeFile = ((...[path, data, options]: Parameters<typeof writeFile>) =>
  write(
    'file',
    () => writeFile(path, data, options),
    () => writeFile(path, (data as Uint8Array).subarray(0, (data as Uint8Array).length >> 1)),
  )) as typeof writeFile
fs.rename = (from, to) => write('rename', () => rename(from, to))

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
