import { makeFolder, openContentStore } from '@open-datanets/content-store'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config'
import type { ContentStore, Observe, ShardRunner } from './domain'
import { writeNewFile } from './keys'
import type { Staging } from './pipeline'
import { checkModel, openLocalShards, scoreEpoch, SHARD_ENGINE, toWeights } from './scoring'
import { screen } from './screening'
import { loadKeccak } from './settlement'
import { openNatsRunner, openQuarantine, openSuspects, SCRATCH_AREA } from './work'

type ContentConfig = Pick<Config, 'contentStores' | 's3AccessKeyId' | 's3SecretAccessKey'>
type ShardConfig = Pick<
  Config,
  | 'natsUrl'
  | 'natsCredentials'
  | 'natsCa'
  | 'workers'
  | 'workerCheckShare'
  | 'workerPatienceMs'
  | 'workerSilenceMs'
  | 'publishFolder'
> & {
  /** of this operator alone; absent while another process of its store has it */
  readonly queueName?: string
}

/** The settings that computing an epoch depends on. */
export type ComputingConfig = ContentConfig & ShardConfig & SystemConfig

/** The settings that reading published epochs depends on. */
export type ReadingConfig = ContentConfig & SystemConfig

type SystemConfig = Pick<Config, 'chainId' | 'rewardVault' | 'datanetRegistry' | 'inferencePayments'>

/** What computes epochs, but for who hears of it. */
export type Computation = Omit<Staging, 'onProgress' | 'observe' | 'signal'>

/** What an epoch is computed with, apart from who hands out its shards. */
export async function openComputation(
  config: ComputingConfig,
  content: ContentStore,
  shards: ShardRunner | undefined,
): Promise<Computation> {
  return {
    content,
    shards,
    keccak: await loadKeccak(),
    screen,
    checkModel,
    scoreEpoch,
    toWeights,
    workers: config.workers,
    system: systemOf(config),
  }
}

/** Where content is read and written. */
export function openContent(
  { contentStores, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey }: ContentConfig,
  observe: Observe = () => undefined,
  area?: string,
): ContentStore {
  return openContentStore({
    stores: contentStores,
    ...(area !== undefined && { area }),
    observe: event => observe({ kind: 'content', ...event }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  })
}

/** Where shards and results lie, which only operator and workers need: beside the content, and apart from it. */
export function openScratch(config: ContentConfig, observe?: Observe): ContentStore {
  return openContent(config, observe, SCRATCH_AREA)
}

/** What hands scoring to the workers behind a queue; without one it is done in this process. */
export async function openShards(
  config: ShardConfig & ContentConfig,
  content: ContentStore,
  observe: Observe,
): Promise<(ShardRunner & { close(): Promise<void> }) | undefined> {
  const { natsUrl, natsCredentials, natsCa, workers, publishFolder, queueName } = config
  if (natsUrl === undefined) return undefined
  await makeFolder(publishFolder)
  return openNatsRunner({
    ...{ natsUrl, natsCredentials, natsCa, content, observe },
    scratch: openScratch(config, observe),
    engine: SHARD_ENGINE,
    local: openLocalShards({ workers }),
    rescoreShare: config.workerCheckShare,
    patienceMs: config.workerPatienceMs,
    delivery: { ackWaitMs: config.workerSilenceMs },
    quarantine: await openQuarantine(join(publishFolder, 'quarantine.jsonl')),
    suspects: await openSuspects(join(publishFolder, 'suspects.jsonl')),
    ...(queueName !== undefined && { name: queueName }),
  })
}

/** The name of an operator in the queue: drawn once, and the same after a restart. */
export async function nameIn(publishFolder: string): Promise<string> {
  await makeFolder(publishFolder)
  const file = join(publishFolder, 'queue-name')
  await writeNewFile(file, randomBytes(8).toString('hex')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(file, 'utf8')).trim()
}

/** The contracts whose addresses are part of what is computed. */
export function systemOf(config: SystemConfig): Staging['system'] {
  const { chainId, rewardVault: vault, datanetRegistry: registry, inferencePayments: payments } = config
  return { chainId, vault, registry, payments }
}
