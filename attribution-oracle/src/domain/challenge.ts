import type { Post, Root } from './chainTypes'

type Bytes = `0x${string}`

/** IFraudProofs.LedgerLeaf: a leaf with the proof that it stands under the posted ledger root. */
export interface ProvenLedgerLeaf {
  index: number
  account: string
  cumulative: bigint
  prefix: bigint
  proof: Bytes
}

/** IFraudProofs.JournalLeaf. */
export interface ProvenJournalLeaf {
  position: number
  contributorIndex: number
  poolPosition: number
  amount: bigint
  prefix: bigint
  proof: Bytes
}

/** IFraudProofs.ManifestLeaf. */
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

/**
 * One lie with what FraudProofs needs to see it. `last` is the previous final post, absent before there is one; `was` is
 * absent for an account that was not in its ledger.
 */
export type Challenge =
  | { kind: 'account'; leaf: ProvenLedgerLeaf }
  | { kind: 'firstPrefix'; first: ProvenLedgerLeaf }
  | { kind: 'prefix'; left: ProvenLedgerLeaf; right: ProvenLedgerLeaf }
  | { kind: 'fallen'; last: Post; was: ProvenLedgerLeaf; now: ProvenLedgerLeaf }
  | { kind: 'total'; last: ProvenLedgerLeaf }
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
  | { kind: 'pool'; leaf: ProvenManifestLeaf }
