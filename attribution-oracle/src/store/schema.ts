import type { Generated } from 'kysely'
import type { EpochState, OutboxState, OutboxTry } from '../domain'

/** Amounts are NUMERIC in the database and decimal text on the way in and out: no float ever holds money. */
export interface Schema {
  epochs: { epoch: number; state: EpochState }
  results: { epoch: number; name: string; bytes: Uint8Array }
  earnings: { epoch: number; contributor_index: number; account: string; pool_id: string; amount: string }
  /** `difference` is JSON, `at` unix seconds */
  verifications: { epoch: number; post: string; agrees: boolean; difference: string | null; at: string }
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
  outbox: OutboxRow
  outbox_tries: OutboxTryRow
}

/** An integer of 64 bits, which one driver gives as a number and another as text. */
type Wide = number | string

interface OutboxRow {
  id: Generated<number>
  epoch: number
  action: string
  sender: string | null
  nonce: Wide
  state: OutboxState
  final: Generated<boolean>
  archived: Generated<boolean>
  mined_hash: string | null
  block_number: Wide | null
  gas_used: string | null
  cost: string | null
}

interface OutboxTryRow {
  outbox_id: number
  attempt: number
  kind: OutboxTry['kind']
  subject: string
  hash: string
  raw: string
  max_fee_per_gas: string | null
  max_priority_fee_per_gas: string | null
  signed_at: Wide
}
