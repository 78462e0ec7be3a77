import type { TransactionRequest } from 'ethers'
import type { Observe, OracleSigner, Outbox, OutboxEntry } from '../../domain'
import type { FeeRules } from './fees'
import type { SendingChain } from './sendingChain'

/** A mined transaction; `sent` is false when it had already been mined before. */
export interface Sent {
  hash: string
  blockNumber: number
  gasUsed: bigint
  sent: boolean
}

/** One planned transaction. */
export interface Plan {
  epoch: number
  action: string
  /** what exactly it says, where `action` leaves that open; a stored try of something else does not stand for it */
  subject?: string
  /**
   * What to send, simulated on the newest block. It is asked for again before every try.
   * @throws STALE_ACTION or CALL_REVERTED when it makes no sense, or no more
   */
  request: () => Promise<TransactionRequest>
  /** whether what an earlier, mined transaction did has to be done again; never, when left out */
  undone?: () => Promise<boolean>
}

/** What every step of sending works with. */
export interface Sending {
  chain: SendingChain
  signer: OracleSigner
  outbox: Outbox
  rules: FeeRules
  observe: Observe
  /** @throws when this process may not sign and send, or no more */
  permitted: () => void
  /** milliseconds since 1970 */
  now: () => number
  /** when this process last gave the bytes of a hash to the node, or tried to do better */
  given: Map<string, number>
}

/** An entry of the outbox together with what it is there for. */
export interface Task {
  entry: OutboxEntry
  plan: Plan
}
