import type { Digest } from './content'

/** 24 bytes of a tree node as 0x and 48 hexadecimal digits. */
export type Root = `0x${string}`

export interface Contributor {
  index: number
  account: string
}

/**
 * A contribution's id is (contributor index << 32) | its place among all that its contributor ever committed; a batch has
 * the id of its first item. So ids are not in the order of the chain: the list of batches is.
 */
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

/** Who may contribute to a Datanet, in the order of the contract's enum. */
export const POLICIES = ['open', 'allow-list', 'curated'] as const
export type Policy = (typeof POLICIES)[number]

export interface Datanet {
  datanetId: number
  policy: Policy
}

/** What a Datanet asks of its contributors from this version on; the newest one counts. */
export interface Terms {
  datanetId: number
  version: number
  stakePerItem: bigint
  /** a bit per purpose */
  purposes: number
  license: Digest
}

/** The Datanets that share in the emissions of another one; a later entry replaces an earlier one. */
export interface Parents {
  datanetId: number
  parents: readonly { datanetId: number; bps: number }[]
}

/** What the owner of a curated Datanet decided of a batch; the last decision counts. */
export interface Decision {
  datanetId: number
  batchId: bigint
  accepted: boolean
}

/** A run of contribution ids that a contributor speaks for; ids of others in it mean nothing. */
export interface Range {
  contributorIndex: number
  firstContributionId: bigint
  count: number
}

/** A new licence for contributions that stay. */
export interface LicenseChange extends Range {
  license: Digest
}

/** Contributions that later ones of the same contributor replace: their place is given up. */
export interface Succession extends Range {
  successorId: bigint
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

/** The rules of the Datanets and what contributors did with their contributions, each list in the order of the chain. */
export interface Register {
  datanets: readonly Datanet[]
  terms: readonly Terms[]
  parents: readonly Parents[]
  decisions: readonly Decision[]
  withdrawals: readonly Range[]
  licenses: readonly LicenseChange[]
  successions: readonly Succession[]
}

export const EPOCH_INPUTS_FORMAT = 'open-datanets/epoch-inputs'

/**
 * Everything on chain that an epoch is a function of, up to and including one pinned finalized block. Lists stand in the
 * order of the chain; `inputsDigest` is the sha-256 of its canonical JSON.
 */
export interface EpochInputs {
  format: typeof EPOCH_INPUTS_FORMAT
  version: 2
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
  register: Register
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

/** `cancelled` by the guardian, which slashes nobody; the epoch can be posted again as after a rejection. */
export type PostStatus = 'pending' | 'rejected' | 'cancelled' | 'final'

/** A post that was seen on chain and what became of it. */
export interface PostRecord {
  post: Post
  poster: string
  /** bit i: the operator at position i of the epoch's set signed it */
  signers: number
  deadline: number
  status: PostStatus
  /** the block in which it became final, was rejected or was cancelled; absent while it is pending */
  decidedAt?: number
}

/** An epoch may be computed from the block that opened it on, under the configuration that was frozen there. */
export interface Opening {
  configDigest: Digest
  blockNumber: number
}

export const SPEC_VERSION = 1

/** Everything that finalized events said up to some block, in the order of the chain. */
export interface ChainHistory {
  contributors: readonly Contributor[]
  batches: readonly Batch[]
  register: Register
  models: readonly RegisteredModel[]
  redemptions: readonly Redemption[]
  /** ever funded by pool id */
  funded: ReadonlyMap<bigint, bigint>
  /** by epoch */
  openings: ReadonlyMap<number, Opening>
  posts: readonly PostRecord[]
}

export interface BlockRef {
  number: number
  hash: Digest
}
