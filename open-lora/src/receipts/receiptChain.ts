import { OpenLoraError } from '../errors'
import type { Digest } from '@open-datanets/content-store'
import { NO_RECEIPT, receiptDigest, type Receipt } from './receipt'

/** Where a chain stands: what the next receipt continues. */
export interface ChainHead {
  sequence: number
  cumulative: bigint
  digest: Digest
}

export interface Consumption {
  requestId: string
  modelId: number
  adapter: Digest | null
  promptTokens: readonly number[]
  outputTokens: readonly number[]
  price: bigint
}

/** The head before the first receipt, for a payer who has paid `cumulative` wei to the model already. */
export function emptyChain(cumulative: bigint): ChainHead {
  return { sequence: 0, cumulative, digest: NO_RECEIPT }
}

export function headAfter(receipt: Receipt): ChainHead {
  return { sequence: receipt.sequence + 1, cumulative: BigInt(receipt.cumulative), digest: receipt.digest }
}

/** The receipt of `consumption` as the next link after `head`. */
export function nextReceipt(head: ChainHead, consumption: Consumption): Receipt {
  const receipt = {
    ...consumption,
    sequence: head.sequence,
    price: String(consumption.price),
    cumulative: String(head.cumulative + consumption.price),
    previous: head.digest,
  }
  return { ...receipt, digest: receiptDigest(receipt) }
}

/** Walks `receipts` from `head` and returns the head after them; throws RECEIPT_BROKEN at the first that does not follow. */
export function verifyChain(head: ChainHead, receipts: readonly Receipt[]): ChainHead {
  for (const receipt of receipts) {
    expectField(receipt, 'sequence', receipt.sequence, head.sequence)
    expectField(receipt, 'previous', receipt.previous, head.digest)
    expectField(receipt, 'cumulative', receipt.cumulative, String(head.cumulative + BigInt(receipt.price)))
    expectField(receipt, 'digest', receipt.digest, receiptDigest(receipt))
    head = headAfter(receipt)
  }
  return head
}

function expectField(
  receipt: Receipt,
  field: keyof Receipt,
  got: string | number,
  expected: string | number,
): void {
  if (got === expected) return
  throw new OpenLoraError(
    'RECEIPT_BROKEN',
    {
      what: `receipt ${receipt.sequence} does not continue its chain: ${field} is wrong`,
      got: String(got),
      expected: String(expected),
    },
    { sequence: receipt.sequence, field, got: String(got), expected: String(expected) },
  )
}
