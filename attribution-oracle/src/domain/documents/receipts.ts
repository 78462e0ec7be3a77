import { z } from 'zod'
import { address, amount, count, digest, tokens } from './fields'

export const RECEIPTS_FORMAT = 'open-datanets/receipts'

/** One paid answer. `digest` = sha-256 of the canonical JSON of the receipt without it; `previous` chains them. */
const receipt = z.object({
  sequence: count,
  requestId: z.string(),
  modelId: count,
  adapter: digest.nullable(),
  promptTokens: tokens,
  outputTokens: tokens,
  price: amount,
  cumulative: amount,
  previous: digest,
  digest,
})
export type Receipt = z.infer<typeof receipt>

/** The receipts behind one redemption: their prices sum to `to - from`, the amount redeemed on chain. */
export const receiptsDocument = z.object({
  format: z.literal(RECEIPTS_FORMAT),
  version: z.literal(1),
  chainId: count,
  payments: address,
  modelId: count,
  payer: address,
  server: address,
  from: amount,
  to: amount,
  receipts: z.array(receipt),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})+$/),
})
export type ReceiptsDocument = z.infer<typeof receiptsDocument>
