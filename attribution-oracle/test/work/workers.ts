import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { openContentStore } from '@open-datanets/content-store'
import type { ServiceEvent } from '../../src/domain'
import { SCRATCH_AREA } from '../../src/work'
import type { WorkStores } from '../../src/work/workStores'

/**
 * What a worker does with a result: `flips` numbers, answers with `another` shard's, with bytes that are `malformed` or
 * too many, `refuses` to compute, `babbles` messages that are no answers, or begins to lie `later`. One that is `slow` pauses
 * at its first shard only, one that is `stuck` holds every shard after its third until it is killed, and one that `dies` is
 * killed by the first curvature shard of every graph. One that flips numbers does so four times and then waits for what is
 * said of it: it holds on to the rest.
 */
export type Manner =
  | 'honest'
  | 'flips'
  | 'another'
  | 'malformed'
  | 'oversize'
  | 'refuses'
  | 'babbles'
  | 'later'
  | 'slow'
  | 'stuck'
  | 'dies'

/** Of all operators and workers of a test. */
export const ENGINE = 'test'

export function storesIn(folder: string): WorkStores {
  const stores = [folder]
  return { content: openContentStore({ stores }), scratch: openContentStore({ stores, area: SCRATCH_AREA }) }
}

export interface WorkerProcess {
  readonly name: string
  readonly events: ServiceEvent[]
  /** What it said before it ended. */
  readonly complaint: () => string
  readonly exit: Promise<number | null>
  /** when it is connected; it listens to the queue a moment later */
  readonly ready: Promise<void>
  /** SIGKILL */
  kill(): Promise<void>
  /** SIGTERM, as a service manager stops it */
  stop(): Promise<void>
}

export interface WorkerPlace {
  readonly natsUrl: string
  readonly content: string
  /** of the operator; ENGINE where it is absent */
  readonly engine?: string
}

/** A real worker in a process of its own. @param pauseMs after every shard */
export function startWorker(
  { natsUrl, content, engine = ENGINE }: WorkerPlace,
  name: string,
  manner: Manner = 'honest',
  pauseMs = 0,
): WorkerProcess {
  const script = path.join(__dirname, 'workerProcess.ts')
  const settings = [natsUrl, content, name, manner, String(pauseMs), engine]
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', script, ...settings], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killNow = (): void => void child.kill('SIGKILL')
  process.once('exit', killNow)
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const events: ServiceEvent[] = []
  let heard = (): void => undefined
  const ready = new Promise<void>(resolve => (heard = resolve))
  createInterface(child.stdout).on('line', line => {
    events.push(JSON.parse(line) as ServiceEvent)
    heard()
  })
  const exit = once(child, 'exit').then(([code]) => {
    process.removeListener('exit', killNow)
    return code as number | null
  })
  return {
    name,
    events,
    complaint: () => complaint,
    exit,
    ready,
    kill: () => ended(child, exit, 'SIGKILL'),
    stop: () => ended(child, exit, 'SIGTERM'),
  }
}

async function ended(child: ChildProcess, exit: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await exit
}
