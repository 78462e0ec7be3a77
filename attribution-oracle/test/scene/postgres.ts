import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'

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
  const port = await freePort()
  const urlOf = (name: string): string => `postgres://oracle@127.0.0.1:${port}/${name}`
  const flags = ['fsync=off', 'max_connections=50', 'autovacuum=off'].flatMap(flag => ['-c', flag])
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, ...flags]
  let server: ChildProcess | undefined
  let databases = 0

  const kill = async (): Promise<void> => {
    if (!server) return
    const all = [server.pid!, ...childrenOf(server.pid!)]
    const ended = once(server, 'exit')
    server = undefined
    for (const pid of all) killHard(pid)
    await ended
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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
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

/** Backends are group leaders of their own, so that no group signal reaches them. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended by itself
  }
}
