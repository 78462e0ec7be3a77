import type { Digest } from './content'
import type { ContributionDecision } from './contributionDecision'
import type { AttestationDocument } from './documents/attestation'
import type { EpochState } from './epochState'
import type { Post, PostRecord, RegisteredModel, Root } from './chainTypes'
import type { PoolKind } from './poolId'
import type { ClaimCall, TokenFacts } from './rewardsOnChain'

type Hex = `0x${string}`

/** What never changes while a process serves it. */
export interface ServedSystem {
  chainId: number
  vault: string
  token: TokenFacts
}

/** A leaf of a ledger with what RewardVault.claim takes. Amounts in wei. */
export interface ServedProof {
  epoch: number
  root: Root
  /** nothing of an answer about a final epoch ever changes */
  final: boolean
  index: number
  account: string
  cumulative: bigint
  prefix: bigint
  /** siblings from the leaf up, 24 bytes each, one after another */
  proof: Hex
}

/** A part of what an account earned. `pending` is of an epoch that is not final yet, `amount` of one that is. */
export interface RewardPart {
  epoch: number
  poolId: bigint
  /** undefined for a kind of pool that this version does not know */
  kind: PoolKind | undefined
  id: number
  amount: bigint
  /** the oldest parts count as claimed first */
  claimed: bigint
  pending: bigint
}

export interface AccountRewards {
  account: string
  /** some ledger has it, if only with zero */
  known: boolean
  /** the block that `claimed` was read at */
  block: number
  /** claims are paused: the root on chain is zero */
  paused: boolean
  /** absent while no ledger that the vault pays by has the account */
  proof: ServedProof | undefined
  /** the root of the ledger that `pending` comes from; undefined where none waits */
  pendingRoot: Root | undefined
  amount: bigint
  claimed: bigint
  pending: bigint
  parts: readonly RewardPart[]
  /** final epochs whose parts are missing here, because their content could not be had */
  missing: readonly number[]
}

export interface AccountClaim extends ClaimCall {
  proof: ServedProof
  /** what the call pays: amount - claimed, wei */
  claimable: bigint
  block: number
  paused: boolean
}

export interface EpochSummary {
  epoch: number
  state: EpochState
  configDigest: Digest | undefined
  openedAt: number | undefined
  /** every post of the epoch on chain, in order; all but the last were rejected or cancelled */
  posts: readonly PostRecord[]
  /** of the final or pending post, else what was settled here */
  post: Post | undefined
}

export interface ServedPool {
  poolId: bigint
  kind: PoolKind | undefined
  id: number
  settlementRoot: Root
  leafCount: number
  totalWeight: bigint
  amount: bigint
  cumulative: bigint
}

export interface EpochManifest {
  epoch: number
  final: boolean
  ledgerRoot: Root
  journalRoot: Root
  manifestRoot: Root
  dataDigest: Digest
  accounts: number
  total: bigint
  pools: readonly ServedPool[]
}

/** A file as it lies in the publish folder, or as it is made while it is read. */
export interface ServedFile {
  name: string
  /** undefined where it is made while it is read: then it is read as a whole */
  length: number | undefined
  /** changes with the content */
  tag: string
  final: boolean
  /** from `start` to `end`, both included; all of it without them */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>
}

/** The words of operators that lie here, with the post that was settled here, or else the one on chain. */
export interface EpochAttestations {
  post: Post | undefined
  attestations: readonly AttestationDocument[]
}

export interface EpochFigures {
  epoch: number
  block: number
  accounts: number
  /** accounts and pools that the epoch paid */
  entries: number
  pools: number
  /** wei paid by the epoch, and by all up to it */
  amount: bigint
  total: bigint
}

export interface ListQuery {
  /** the key of the last item that was seen; undefined from the start */
  after: bigint | undefined
  limit: number
}

export interface ContributionQuery extends ListQuery {
  account: Uint8Array | undefined
  epoch: number | undefined
}

/** Whom or what an explanation is about. */
export type ExplainTarget = { account: string } | { contribution: bigint }

/**
 * Everything that the HTTP interface says, over any store, content and chain. Epochs that are not known give undefined;
 * accounts are 20 bytes.
 * @throws NOT_READY while a file is being built, RPC_FAILED, TREE_CORRUPT, content faults
 */
export interface ApiReading {
  system(): ServedSystem
  rewards(account: Uint8Array): Promise<AccountRewards>
  /** of an epoch, or of the last one that the vault pays by; undefined when its ledger has no such account */
  proof(account: Uint8Array, epoch: number | undefined): Promise<ServedProof | undefined>
  claim(account: Uint8Array): Promise<AccountClaim | undefined>
  /** newest first */
  epochs(query: ListQuery): Promise<readonly EpochSummary[]>
  epoch(epoch: number): Promise<EpochSummary | undefined>
  manifest(epoch: number): Promise<EpochManifest | undefined>
  file(epoch: number, kind: 'tree' | 'car'): Promise<ServedFile | undefined>
  attestations(epoch: number): Promise<EpochAttestations | undefined>
  /** in an epoch, or in the newest one that was settled */
  contribution(id: bigint, epoch: number | undefined): Promise<ContributionDecision | undefined>
  /** ascending by id; undefined when there is no such epoch */
  contributions(query: ContributionQuery): Promise<readonly ContributionDecision[] | undefined>
  /** ascending by id */
  models(query: ListQuery): Promise<readonly RegisteredModel[]>
  /** final epochs, ascending */
  figures(query: ListQuery): Promise<readonly EpochFigures[]>
  /** as JSON; undefined for what the epoch does not know */
  explain(target: ExplainTarget, epoch: number): Promise<string | undefined>
}
