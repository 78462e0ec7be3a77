import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { reservedPort } from './port'

/** A PostgreSQL of its own, from Debian's packages, on a free port and in a temporary folder. */
export interface Postgres {
  /** of the first database, which is empty; it stays the same over kill and start */
  readonly url: string
  /** Makes one more empty database. @returns its URL */
  database(): Promise<string>
  /** Ends the server and all its processes at once, as a power cut does. */
  kill(): Promise<void>
  /** Starts it again over the same files; resolves when it takes connections. */
  start(): Promise<void>
  /** Ends it for ever and removes its files. */
  stop(): Promise<void>
}

const PACKAGES = '/usr/lib/postgresql'

/** The programs of the newest installed version; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined
  const [newest] = readdirSync(PACKAGES).sort((a, b) => Number(b) - Number(a))
  const programs = newest && join(PACKAGES, newest, 'bin')
  return programs && existsSync(join(programs, 'initdb')) ? programs : undefined
}

/** Skips the test, or all of a suite's, where PostgreSQL is not installed; with REQUIRE_SERVICES=1 it fails instead. */
export async function postgresOrSkip(context: Mocha.Context): Promise<Postgres> {
  if (!postgresPrograms() && process.env['REQUIRE_SERVICES'] !== '1') context.skip()
  return startPostgres()
}

export async function startPostgres(): Promise<Postgres> {
  const programs = postgresPrograms()
  if (!programs) throw new Error(`PostgreSQL is not installed: nothing in ${PACKAGES}`)
  const folder = await mkdtemp(join(tmpdir(), 'oracle-postgres-'))
  const user = unprivileged()
  if (user) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', 'oracle', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C']
  execFileSync(join(programs, 'initdb'), initdb, { ...user, cwd: folder, stdio: 'pipe' })
  const port = await reservedPort()
  const urlOf = (name: string): string => `postgres://oracle@127.0.0.1:${port}/${name}`
  // no socket file: the path of a temporary folder may be longer than one may have
  const settings = ['fsync=off', 'max_connections=50', 'autovacuum=off', 'unix_socket_directories=']
  const flags = settings.flatMap(setting => ['-c', setting])
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...flags]
  let server: ChildProcess | undefined
  let killed = Promise.resolve()
  let databases = 0

  const kill = (): Promise<void> => {
    if (server) killed = killAll(server)
    server = undefined
    return killed
  }
  const start = async (): Promise<void> => {
    server = spawn(join(programs, 'postgres'), args, {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await ready(server)
  }
  const database = async (): Promise<string> => {
    const name = `oracle${databases++}`
    const client = new Client({ connectionString: urlOf('postgres') })
    await client.connect()
    await client.query(`create database ${name}`)
    await client.end()
    return urlOf(name)
  }
  // however this process ends, the server ends with it
  const atExit = (): void => void server?.kill('SIGKILL')
  process.once('exit', atExit)
  await start()
  return {
    url: await database(),
    database,
    kill,
    start,
    async stop() {
      await kill()
      process.removeListener('exit', atExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(each => each.startsWith('postgres:'))
  if (!line) throw new Error('PostgreSQL cannot run as root, and there is no user "postgres"')
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

function ready(server: ChildProcess): Promise<void> {
  let words = ''
  return new Promise((resolve, reject) => {
    server.once('exit', code => reject(new Error(`PostgreSQL ended with code ${code}: ${words}`)))
    createInterface(server.stderr!).on('line', line => {
      words = `${words}${line}\n`.slice(-4000)
      if (line.includes('ready to accept connections')) resolve()
    })
  })
}

async function killAll(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit')
  const pid = server.pid!
  // one that stands still makes no more of them
  signal(pid, 'SIGSTOP')
  while (runs(pid) && stateOf(pid) !== 'T') await sleep(1)
  const children = childrenOf(pid)
  for (const each of [pid, ...children]) signal(each, 'SIGKILL')
  await ended
  // the next server refuses to start over what one of them still holds
  while (children.some(runs)) await sleep(5)
}

/** Backends are group leaders of their own, so that no group signal reaches them. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has just ended by itself
  }
}

/** As Linux calls it: T for one that stands still. */
function stateOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2)[0]
  } catch {
    return undefined
  }
}

/** One that has ended may wait for ever until somebody asks how: then it holds nothing any more. */
function runs(pid: number): boolean {
  return !['Z', 'X', undefined].includes(stateOf(pid))
}
