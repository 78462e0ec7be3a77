import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reservedPort } from './port'
import { installed } from './program'

const NAME = 'nats-server'
const PATIENCE_MS = 20_000

/** A real nats-server with JetStream on a free port; what it stores survives `kill` and `start`. */
export interface NatsServer {
  readonly url: string
  /** SIGKILL: nothing is flushed, no client is told */
  kill(): Promise<void>
  /** What it stored, as if its disk were lost; while it is killed. */
  forget(): Promise<void>
  /** Again, on the same port and folder. */
  start(): Promise<void>
  /** Ends the server and removes what it stored. */
  stop(): Promise<void>
}

/** Whether the program is here; with REQUIRE_SERVICES=1 a test that needs it fails instead of being skipped. */
export function natsInstalled(): boolean {
  return process.env.REQUIRE_SERVICES === '1' || installed(NAME) !== undefined
}

/**
 * @param access what the server asks of its clients; `url` holds it
 * @param more arguments of the program
 */
export async function startNatsServer(
  access?: { user: string; password: string },
  more: readonly string[] = [],
): Promise<NatsServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nats-'))
  const port = await reservedPort()
  const login = [...(access ? ['--user', access.user, '--pass', access.password] : []), ...more]
  let running = await serverOn(port, folder, login)
  const kill = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return
    const exit = once(running, 'exit')
    running.kill('SIGKILL')
    await exit
  }
  // However this process ends, the server ends with it.
  const killNow = (): void => void running.kill('SIGKILL')
  process.once('exit', killNow)
  return {
    url: `nats://${access ? `${access.user}:${encodeURIComponent(access.password)}@` : ''}127.0.0.1:${port}`,
    kill,
    forget: () => rm(path.join(folder, 'jetstream'), { recursive: true, force: true }),
    async start() {
      running = await serverOn(port, folder, login)
    },
    async stop() {
      await kill()
      process.removeListener('exit', killNow)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function serverOn(port: number, folder: string, login: readonly string[]): Promise<ChildProcess> {
  const settings = [
    '--addr',
    '127.0.0.1',
    '--port',
    String(port),
    '--jetstream',
    '--store_dir',
    folder,
    ...login,
  ]
  const child = spawn(installed(NAME) ?? NAME, settings, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)))
  const failed = once(child, 'error').then(([cause]) => Promise.reject(cause as Error))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${NAME} ended:\n${complaint}`)))
  // both stay unanswered for as long as the server lives
  failed.catch(() => undefined)
  ended.catch(() => undefined)
  await Promise.race([accepting(port, child), failed, ended])
  return child
}

/** Resolves when the server greets, which it does once JetStream has recovered. */
async function accepting(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(20)) {
    if (child.exitCode !== null || (await greets(port))) return
  }
  throw new Error(`${NAME} does not answer on port ${port} within ${PATIENCE_MS} ms`)
}

function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: '127.0.0.1', port })
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('data', data => answer(data.toString().startsWith('INFO')))
    socket.once('error', () => answer(false))
    socket.once('close', () => answer(false))
  })
}
