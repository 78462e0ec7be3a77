import { openContentStore } from '@open-datanets/content-store'
import type { Config } from './config'
import type { ContentStore, Observe, ShardRunner } from './domain'
import type { Staging } from './pipeline'
import { checkModel, openLocalShards, scoreEpoch, toWeights } from './scoring'
import { screen } from './screening'
import { loadKeccak } from './settlement'
import { openNatsRunner } from './work'

type ContentConfig = Pick<Config, 'contentStores' | 's3AccessKeyId' | 's3SecretAccessKey'>
type ShardConfig = Pick<Config, 'natsUrl' | 'workers' | 'workerCheckShare'>

/** The settings that computing an epoch depends on. */
export type ComputingConfig = ContentConfig & ShardConfig & SystemConfig

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
): ContentStore {
  return openContentStore({
    stores: contentStores,
    observe: event => observe({ kind: 'content', ...event }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  })
}

/** What hands scoring to the workers behind a queue; without one it is done in this process. */
export async function openShards(
  { natsUrl, workers, workerCheckShare: rescoreShare }: ShardConfig,
  content: ContentStore,
  observe: Observe,
): Promise<(ShardRunner & { close(): Promise<void> }) | undefined> {
  if (natsUrl === undefined) return undefined
  return openNatsRunner({ natsUrl, content, local: openLocalShards({ workers }), rescoreShare, observe })
}

/** The contracts whose addresses are part of what is computed. */
export function systemOf(config: SystemConfig): Staging['system'] {
  const { chainId, rewardVault: vault, datanetRegistry: registry, inferencePayments: payments } = config
  return { chainId, vault, registry, payments }
}
