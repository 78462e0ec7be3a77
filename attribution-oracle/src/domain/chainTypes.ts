import type { Digest } from './content'

/** 24 bytes of a tree node as 0x and 48 hexadecimal digits. */
export type Root = `0x${string}`

export interface Contributor {
  index: number
  account: string
}

export interface Batch {
  datanetId: number
  batchId: bigint
  contributorIndex: number
  contributor: string
  firstContributionId: bigint
  itemCount: number
  itemsRoot: Digest
  manifestDigest: Digest
}

export interface RegisteredModel {
  modelId: number
  datanetId: number
  baseModelId: number
  artifactDigest: Digest
  manifestDigest: Digest
}

export interface Redemption {
  payer: string
  modelId: number
  amount: bigint
  cumulative: bigint
  receiptsDigest: Digest
  blockNumber: number
}

/** All that was ever paid into a pool up to the pinned block. */
export interface PoolFunding {
  poolId: bigint
  funded: bigint
}

/**
 * Everything on chain that an epoch is a function of, up to and including one pinned finalized block. Lists stand in the
 * order of the chain; `inputsDigest` is the sha-256 of its canonical JSON.
 */
export interface EpochInputs {
  chainId: number
  vault: string
  registry: string
  payments: string
  epoch: number
  configDigest: Digest
  blockNumber: number
  blockHash: Digest
  contributors: readonly Contributor[]
  batches: readonly Batch[]
  models: readonly RegisteredModel[]
  /** redemptions after the previous final epoch's block, behind older ones whose model's pool paid nothing since */
  redemptions: readonly Redemption[]
  pools: readonly PoolFunding[]
  /** the previous final post, null before the first */
  previous: Post | null
}

/** AttributionOracle.Post, field by field. */
export interface Post {
  epoch: number
  specVersion: number
  configDigest: Digest
  /** a bigint only beyond the safe integers, where no block is: a liar may post any uint64 */
  blockNumber: number | bigint
  blockHash: Digest
  inputsDigest: Digest
  ledgerRoot: Root
  journalRoot: Root
  manifestRoot: Root
  ledgerCount: number
  journalCount: number
  manifestCount: number
  total: bigint
  dataDigest: Digest
}

export type PostStatus = 'pending' | 'rejected' | 'final'

/** A post that was seen on chain and what became of it. */
export interface PostRecord {
  post: Post
  poster: string
  deadline: number
  status: PostStatus
}

export const SPEC_VERSION = 1

/** Everything that finalized events said up to some block, in the order of the chain. */
export interface ChainHistory {
  contributors: readonly Contributor[]
  batches: readonly Batch[]
  models: readonly RegisteredModel[]
  redemptions: readonly Redemption[]
  /** ever funded by pool id */
  funded: ReadonlyMap<bigint, bigint>
  /** configuration digest by epoch */
  openings: ReadonlyMap<number, Digest>
  posts: readonly PostRecord[]
}

export interface BlockRef {
  number: number
  hash: Digest
}
