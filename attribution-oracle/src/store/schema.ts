import type { EpochState } from '../domain'

/** Amounts are NUMERIC in the database and decimal text on the way in and out: no float ever holds money. */
export interface Schema {
  epochs: { epoch: number; state: EpochState }
  results: { epoch: number; name: string; bytes: Uint8Array }
  earnings: { epoch: number; contributor_index: number; account: string; pool_id: string; amount: string }
  logs: {
    block_number: number
    log_index: number
    address: Uint8Array
    topics: Uint8Array
    data: Uint8Array
    block_hash: Uint8Array
    transaction_hash: Uint8Array
  }
  log_cursor: { place: number; subject: string; block_number: number | null; block_hash: string | null }
  outbox: { epoch: number; action: string; nonce: number; hash: string; raw: string }
}
