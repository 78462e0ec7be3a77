import { makeFolder } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostname } from 'node:os'
import { z } from 'zod'
import { AttributionOracleError, holderText, type Holder } from '../errors'

const TRIES = 4
/** a holder that is suspended connects, and says nothing */
const ANSWER_MS = 1_000
const MOST_ANSWER = 1024

const answer = z.object({ pid: z.number().int(), host: z.string().max(255), since: z.string().max(40) })

/**
 * Holds a folder for this process until it is released or the process ends, however it ends: the holder listens on a
 * socket in `folder/holders`, and the kernel closes that with the process. Every starter shows its own socket first and
 * then looks for others, so that of two starters at most one goes on.
 * @returns releases the folder
 * @throws STORE_LOCKED, with who it is, when another process, in this container or another one, holds it
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  const holders = join(folder, 'holders')
  await makeFolder(holders)
  let holder: Holder | undefined
  for (let tried = 1; ; tried++) {
    const own = randomBytes(6).toString('hex')
    const server = await show(holders, own)
    const free = async (): Promise<void> => {
      await rm(join(holders, own), { force: true })
      server.close()
    }
    const other = await otherIn(holders, own)
    if (!other) return free
    await free()
    holder = other.holder ?? holder
    if (tried === TRIES) throw locked(folder, holder)
    // two that started at once both step back: chance sends one ahead, and one that is just ending is given the time
    await sleep(20 + Math.random() * 200)
  }
}

/** It takes its place only when it listens: a socket that does not answer is one whose process has ended. */
async function show(holders: string, name: string): Promise<Server> {
  const server = createServer(visitor =>
    visitor.on('error', () => undefined).end(JSON.stringify(ourselves())),
  )
  await within(holders, async folder => {
    server.listen(join(folder, `${name}.starting`))
    await once(server, 'listening')
  })
  await rename(join(holders, `${name}.starting`), join(holders, name))
  return server.unref()
}

function ourselves(): Holder {
  const since = new Date(Date.now() - process.uptime() * 1000).toISOString()
  return { pid: process.pid, host: hostname(), since }
}

/** Somebody who lives; who it is, where that was said. */
interface Other {
  holder: Holder | undefined
}

async function otherIn(holders: string, own: string): Promise<Other | undefined> {
  for (const name of await readdir(holders)) {
    if (name === own || name.endsWith('.starting')) continue
    const other = await within(holders, folder => visit(join(folder, name)))
    if (other) return other
    await rm(join(holders, name), { force: true })
  }
  return undefined
}

/** @returns undefined when nobody listens */
async function visit(path: string): Promise<Other | undefined> {
  const socket = createConnection(path)
  try {
    await once(socket, 'connect')
    return { holder: await said(socket) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined
    // a full queue, say: somebody is there
    return { holder: undefined }
  } finally {
    socket.destroy()
  }
}

async function said(socket: Socket): Promise<Holder | undefined> {
  socket.setTimeout(ANSWER_MS, () => socket.destroy())
  let text = ''
  try {
    for await (const part of socket.setEncoding('utf8') as AsyncIterable<string>) {
      text += part
      if (text.length > MOST_ANSWER) return undefined
    }
    return answer.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A socket's path holds about 100 bytes; that of an open folder is always short enough. */
async function within<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  if (!existsSync('/proc/self/fd')) return work(folder)
  const handle = await open(folder)
  try {
    return await work(`/proc/self/fd/${handle.fd}`)
  } finally {
    await handle.close()
  }
}

function locked(folder: string, holder: Holder | undefined): AttributionOracleError {
  return new AttributionOracleError(
    'STORE_LOCKED',
    {
      what: `Another process works on the store in ${folder}`,
      got: holderText(holder),
      expected: 'one process for each store folder',
      fix: 'stop the other one, or let both use a PostgreSQL (databaseUrl)',
    },
    { where: folder, ...(holder && { holder }) },
  )
}
