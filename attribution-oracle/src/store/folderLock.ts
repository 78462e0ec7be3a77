import { makeFolder } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AttributionOracleError } from '../errors'

const TRIES = 4

/**
 * Holds a folder for this process until it is released or the process ends, however it ends: the holder listens on a
 * socket in `folder/holders`, and the kernel closes that with the process. Every starter shows its own socket first and
 * then looks for others, so that of two starters at most one goes on.
 * @returns releases the folder
 * @throws STORE_LOCKED when another process, in this container or another one, holds it
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  const holders = join(folder, 'holders')
  await makeFolder(holders)
  for (let tried = 1; ; tried++) {
    const own = randomBytes(6).toString('hex')
    const server = await show(holders, own)
    const free = async (): Promise<void> => {
      await rm(join(holders, own), { force: true })
      server.close()
    }
    if (!(await othersIn(holders, own))) return free
    await free()
    if (tried === TRIES) throw locked(folder)
    // two that started at once both step back: chance sends one ahead, and one that is just ending is given the time
    await sleep(20 + Math.random() * 200)
  }
}

/** It takes its place only when it listens: a socket that does not answer is one whose process has ended. */
async function show(holders: string, name: string): Promise<Server> {
  const server = createServer(visitor => visitor.destroy())
  await within(holders, async folder => {
    server.listen(join(folder, `${name}.starting`))
    await once(server, 'listening')
  })
  await rename(join(holders, `${name}.starting`), join(holders, name))
  return server.unref()
}

async function othersIn(holders: string, own: string): Promise<boolean> {
  for (const name of await readdir(holders)) {
    if (name === own || name.endsWith('.starting')) continue
    if (await within(holders, folder => answers(join(folder, name)))) return true
    await rm(join(holders, name), { force: true })
  }
  return false
}

async function answers(path: string): Promise<boolean> {
  const socket = createConnection(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false
    // a full queue, say: somebody is there
    return true
  } finally {
    socket.destroy()
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

function locked(folder: string): AttributionOracleError {
  return new AttributionOracleError(
    'STORE_LOCKED',
    {
      what: `Another process works on the store in ${folder}`,
      expected: 'one process for each store folder',
      fix: 'stop the other one, or let both use a PostgreSQL (databaseUrl)',
    },
    { where: folder },
  )
}
