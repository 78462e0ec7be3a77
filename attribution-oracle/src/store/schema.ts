import type { EpochState } from '../domain'

/** Amounts are NUMERIC in the database and decimal text on the way in and out: no float ever holds money. */
export interface Schema {
  epochs: { epoch: number; state: EpochState }
  results: { epoch: number; name: string; bytes: Uint8Array }
  earnings: { epoch: number; contributor_index: number; account: string; pool_id: string; amount: string }
  /** `difference` is JSON, `at` unix seconds */
  verifications: { epoch: number; post: string; agrees: boolean; difference: string | null; at: string }
  outbox: { epoch: number; action: string; nonce: number; hash: string; raw: string }
}
