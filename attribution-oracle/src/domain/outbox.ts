/**
 * A planned transaction is pending until the chain decides: mined, reverted, cancelled (a transaction to the operator
 * itself took its nonce) or superseded (somebody else's did, and that is final).
 */
export const OUTBOX_STATES = ['pending', 'mined', 'reverted', 'cancelled', 'superseded'] as const
export type OutboxState = (typeof OUTBOX_STATES)[number]

/** One signed transaction. All tries of an entry have its nonce, so that at most one of them is ever mined. */
export interface OutboxTry {
  /** counts from 1 */
  attempt: number
  /** a cancellation sends nothing to the operator itself, so that the nonce is used up */
  kind: 'action' | 'cancellation'
  /** what exactly the action says, where the name of the action leaves that open: the hash of a post */
  subject: string
  hash: string
  /** signed raw transaction as hexadecimal text */
  raw: string
  /** wei per gas; undefined for what was signed before fees were kept */
  maxFeePerGas: bigint | undefined
  maxPriorityFeePerGas: bigint | undefined
  /** milliseconds since 1970 */
  signedAt: number
}

/** The try that was mined, and what it cost. */
export interface OutboxReceipt {
  hash: string
  blockNumber: number
  gasUsed: bigint
  /** wei */
  cost: bigint
}

/** Where the chain has an entry. `final` once no reorganisation can change it. */
export type OutboxOutcome =
  | { state: 'pending'; final: false; receipt: undefined }
  | { state: 'mined' | 'reverted' | 'cancelled'; final: boolean; receipt: OutboxReceipt }
  | { state: 'superseded'; final: true; receipt: undefined }

/** One transaction of (epoch, action), in as many tries as it took. */
export interface OutboxEntry {
  epoch: number
  /** what the transaction does, for example "post" */
  action: string
  /** whose nonce it is; undefined for what was signed before senders were kept */
  sender: string | undefined
  nonce: number
  state: OutboxState
  final: boolean
  receipt: OutboxReceipt | undefined
  /** of the mined try, otherwise of the newest one */
  hash: string
  /** at least one, in the order of their attempts */
  tries: readonly OutboxTry[]
}

/** A first try, as it is put into the outbox before it is sent. */
export interface NewTransaction {
  epoch: number
  action: string
  sender: string
  nonce: number
  first: OutboxTry
}

/**
 * Every transaction that was ever signed, each try kept before it is sent, so that a restart sends the same bytes again
 * and never a second transaction for the same key.
 */
export interface Outbox {
  /** the transaction of the key that is not archived */
  find(epoch: number, action: string): Promise<OutboxEntry | undefined>
  /** whatever a reorganisation or the mempool can still change, in the order of nonces */
  unfinished(): Promise<OutboxEntry[]>
  /** all of an epoch, archived ones included, in the order in which they were signed */
  ofEpoch(epoch: number): Promise<OutboxEntry[]>
  /**
   * @returns false when the sender's nonce belongs to another entry
   * @throws WRONG_STATE when the key already has a transaction
   */
  record(transaction: NewTransaction): Promise<boolean>
  /**
   * Keeps another try at the same nonce.
   * @returns false when another process was faster, or the transaction is no longer pending
   */
  retry(epoch: number, action: string, next: OutboxTry): Promise<boolean>
  /** Writes down what the chain says; a final outcome stays. */
  resolve(epoch: number, action: string, outcome: OutboxOutcome): Promise<void>
  /**
   * Puts a finished transaction away, so that its action can be sent anew.
   * @throws WRONG_STATE while it is pending: it could still be mined
   */
  archive(epoch: number, action: string): Promise<void>
}
