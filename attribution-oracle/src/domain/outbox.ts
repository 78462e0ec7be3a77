/** A signed transaction, kept before it is sent, so that a restart sends the same bytes again and never a second one. */
export interface OutboxEntry {
  epoch: number
  /** what the transaction does, for example "post"; one transaction per (epoch, action) */
  action: string
  nonce: number
  hash: string
  /** signed raw transaction as hexadecimal text */
  raw: string
}

export interface Outbox {
  find(epoch: number, action: string): Promise<OutboxEntry | undefined>
  /** @throws WRONG_STATE when (epoch, action) already has a transaction */
  record(entry: OutboxEntry): Promise<void>
  /** Forgets a transaction that can never be mined: its nonce went to another one, or the chain refused it. */
  discard(epoch: number, action: string): Promise<void>
}
