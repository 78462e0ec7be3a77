import type { Command } from 'commander'
import { hostname } from 'node:os'
import packageJson from '../../package.json'
import { openContent } from '../computing'
import { configDigest } from '../config'
import type { ServiceEvent } from '../domain'
import { EXIT } from '../exitCode'
import { createMetrics } from '../metrics'
import { openLocalShards } from '../scoring'
import { runWorker } from '../work'
import { collectAbandoned } from './abandonedFiles'
import { wrongArgument } from './arguments'
import { openLog } from './log'
import { serveProbes } from './serving'
import { configured, type Session } from './session'

const GRACE_MS = 30_000
const NEEDED = [
  ...(['natsUrl', 'workers', 'contentFolder', 'contentStores'] as const),
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
  const { natsUrl, workers } = config
  if (natsUrl === undefined)
    throw wrongArgument('natsUrl', 'nothing', 'nats://host:port', 'set ORACLE_NATS_URL')
  const name = (flags['name'] as string | undefined) ?? hostname().replace(/[^A-Za-z0-9_-]/g, '-')
  const log = openLog(config, { json: flags['json'] === true })
  log.info(`worker ${name}`)
  const metrics = createMetrics({ version: packageJson.version, configHash: configDigest(config) })
  const observe = (event: ServiceEvent): void => {
    metrics.observe(event)
    log.observe(event)
  }
  const close = await serveProbes(config, metrics, { ...log, observe })
  const collected = collectAbandoned(config, log, signal)
  try {
    const content = openContent(config, observe)
    await runWorker({ natsUrl, content, local: openLocalShards({ workers }), name, observe, signal })
    return EXIT.done
  } finally {
    await close()
    await collected
  }
}
