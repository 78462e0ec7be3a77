import type { Command } from 'commander'
import { hostname } from 'node:os'
import packageJson from '../../package.json'
import { openContent, openScratch } from '../computing'
import { configDigest } from '../config'
import type { Observe, ServiceEvent } from '../domain'
import { EXIT } from '../exitCode'
import { createMetrics } from '../metrics'
import { openLocalShards, SHARD_ENGINE } from '../scoring'
import { runWorker, sweep } from '../work'
import { collectAbandoned } from './abandonedFiles'
import { wrongArgument } from './arguments'
import { openLog } from './log'
import { serveProbes } from './serving'
import { configured, type Session } from './session'

const GRACE_MS = 30_000
const SWEEP_MS = 6 * 3600_000
const NEEDED = [
  ...(['natsUrl', 'natsCredentials', 'natsCa', 'workers', 'contentStores'] as const),
  ...(['s3AccessKeyId', 's3SecretAccessKey', 'logLevel', 'logFormat'] as const),
  ...(['httpHost', 'workerHttpPort'] as const),
]

/** `worker`: takes a part of the scoring of others; needs NATS and content, no chain, no database and no key. */
export function addWorkerCommand(program: Command): void {
  const staying = { graceMs: GRACE_MS, stopped: EXIT.done }
  configured(program, 'worker', 'score what a queue hands out; keeps nothing', worker, staying).option(
    '--name <name>',
    'letters, digits, _ and -; one for each worker, and the same after a restart (default: the host name)',
  )
}

async function worker({ configurePart, flags, signal }: Session): Promise<number> {
  const config = await configurePart(NEEDED)
  const { natsUrl, workers, contentStores } = config
  if (natsUrl === undefined)
    throw wrongArgument('natsUrl', 'nothing', 'nats://host:port', 'set ORACLE_NATS_URL')
  expectStores(contentStores)
  const name = (flags['name'] as string | undefined) ?? hostname().replace(/[^A-Za-z0-9_-]/g, '-')
  const log = openLog(config, { json: flags['json'] === true })
  log.info(`worker ${name} of engine ${SHARD_ENGINE}, ${workers} threads`)
  const metrics = createMetrics({ version: packageJson.version, configHash: configDigest(config) })
  const { observe, done } = counted((event: ServiceEvent): void => {
    metrics.observe(event)
    log.observe(event)
  })
  const close = await serveProbes(config, metrics, { ...log, observe })
  const collected = collectAbandoned(config, log, signal)
  const cleaning = keepClean(contentStores, observe)
  try {
    const local = openLocalShards({ workers })
    const stores = { content: openContent(config, observe), scratch: openScratch(config, observe) }
    await runWorker({ ...config, ...stores, natsUrl, engine: SHARD_ENGINE, local, name, observe, signal })
    return EXIT.done
  } finally {
    clearInterval(cleaning)
    log.info(`worker ${name} ends after ${done.shards} shards of ${done.windows} windows`)
    await close()
    await collected
  }
}

/** The content folder may stand for all stores, and one of both is enough. */
function expectStores(stores: readonly (string | undefined)[]): void {
  if (stores[0] !== undefined) return
  const expected = 'folders or s3:// locations that the operator uses, too'
  const fix = 'set ORACLE_CONTENT_STORES or ORACLE_CONTENT_FOLDER'
  throw wrongArgument('contentStores', 'nothing', expected, fix)
}

function counted(observe: Observe): { observe: Observe; done: { shards: number; windows: number } } {
  const done = { shards: 0, windows: 0 }
  const counting: Observe = event => {
    observe(event)
    if (event.kind !== 'shard') return
    done.shards++
    done.windows += event.items
  }
  return { observe: counting, done }
}

/** Its folders may be ones that no operator sweeps. */
function keepClean(stores: readonly string[], observe: Observe): NodeJS.Timeout {
  const clean = (): void => sweep(stores, observe, Date.now())
  clean()
  return setInterval(clean, SWEEP_MS).unref()
}
