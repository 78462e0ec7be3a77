import type { Post, Root } from './chainTypes'

type Bytes = `0x${string}`

/** IPostedTrees.LedgerLeaf: a leaf with the proof that it stands under the posted ledger root. */
export interface ProvenLedgerLeaf {
  index: number
  account: string
  cumulative: bigint
  prefix: bigint
  proof: Bytes
}

/** IPostedTrees.JournalLeaf. */
export interface ProvenJournalLeaf {
  position: number
  contributorIndex: number
  poolPosition: number
  amount: bigint
  prefix: bigint
  proof: Bytes
}

/** IPostedTrees.ManifestLeaf. */
export interface ProvenManifestLeaf {
  position: number
  poolId: bigint
  settlementRoot: Root
  leafCount: number
  totalWeight: bigint
  amount: bigint
  cumulative: bigint
  prefix: bigint
  proof: Bytes
}

/** IPostedTrees.SettlementLeaf. */
export interface ProvenSettlementLeaf {
  position: number
  contributorIndex: number
  contributionId: bigint
  weight: bigint
  prefix: bigint
  proof: Bytes
}

/** IPostedTrees.Tree, in its order. */
export const POSTED_TREES = ['ledger', 'journal', 'manifest', 'settlement'] as const
export type PostedTree = (typeof POSTED_TREES)[number]

/**
 * One lie with what FraudProofs or SettlementProofs needs to see it. `last` is the previous final post, absent before
 * there is one; `was` of an increase is absent for an account that was not in its ledger. Lists hold a leaf, or its run,
 * with the neighbours that show that there is no other; without any such leaf only the neighbours.
 */
export type Challenge =
  | { kind: 'account'; leaf: ProvenLedgerLeaf }
  | { kind: 'firstPrefix'; first: ProvenLedgerLeaf }
  | { kind: 'prefix'; left: ProvenLedgerLeaf; right: ProvenLedgerLeaf }
  | { kind: 'fallen'; last: Post; was: ProvenLedgerLeaf; now: ProvenLedgerLeaf }
  | { kind: 'total'; last: ProvenLedgerLeaf }
  | { kind: 'missing'; tree: Exclude<PostedTree, 'settlement'>; position: number; proof: Bytes }
  | { kind: 'journalLeaf'; leaf: ProvenJournalLeaf }
  | { kind: 'journalOrder'; left: ProvenJournalLeaf; right: ProvenJournalLeaf }
  | { kind: 'journalTotal'; last: Post | undefined; lastLeaf: ProvenJournalLeaf }
  | {
      kind: 'increase'
      last: Post | undefined
      was: ProvenLedgerLeaf | undefined
      now: ProvenLedgerLeaf
      boundary: readonly ProvenJournalLeaf[]
    }
  | SettlementChallenge

/** What SettlementProofs sees. */
export type SettlementChallenge =
  | { kind: 'pool'; leaf: ProvenManifestLeaf }
  | { kind: 'poolLeaf'; leaf: ProvenManifestLeaf }
  | { kind: 'poolOrder'; left: ProvenManifestLeaf; right: ProvenManifestLeaf }
  | { kind: 'poolTotal'; last: Post | undefined; lastLeaf: ProvenManifestLeaf }
  | {
      kind: 'poolCumulative'
      last: Post | undefined
      leaf: ProvenManifestLeaf
      was: readonly ProvenManifestLeaf[]
    }
  | {
      kind: 'poolDropped'
      last: Post
      was: ProvenManifestLeaf
      around: readonly ProvenManifestLeaf[]
    }
  | { kind: 'weight'; pool: ProvenManifestLeaf; leaf: ProvenSettlementLeaf }
  | {
      kind: 'weightOrder'
      pool: ProvenManifestLeaf
      left: ProvenSettlementLeaf
      right: ProvenSettlementLeaf
    }
  | { kind: 'weightTotal'; pool: ProvenManifestLeaf; lastLeaf: ProvenSettlementLeaf }
  | { kind: 'weightMissing'; pool: ProvenManifestLeaf; position: number; proof: Bytes }
  | {
      kind: 'entry'
      pool: ProvenManifestLeaf
      contributorIndex: number
      boundary: readonly ProvenSettlementLeaf[]
      entry: readonly ProvenJournalLeaf[]
    }

/** A page of a tree that must be shown because it was not published; `pool` is there for a settlement. */
export interface PageDemand {
  tree: PostedTree
  number: bigint
  pool: ProvenManifestLeaf | undefined
}

/** IPageDemands.Page: what was demanded. */
export interface DemandedPage {
  tree: PostedTree
  /** zero but for a settlement */
  poolId: bigint
  root: Root
  leafCount: bigint
  number: bigint
}

/** The answer to a demand: the fields of the leaves, packed as they are hashed, and the siblings of the page. */
export interface PageAnswer {
  leaves: Bytes
  proof: Bytes
}
