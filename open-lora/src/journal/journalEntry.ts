import { isAddress } from 'ethers'
import { z } from 'zod'
import { isDigest, type Digest } from '@open-datanets/content-store'

const digest = z.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'a digest')
const amount = z.string().regex(/^(0|[1-9][0-9]*)$/, 'a decimal amount in wei')
const address = z.string().refine(isAddress, 'an address')
const tokens = z.array(z.int().nonnegative()).readonly()

/** The stored form of a Receipt. */
export const receiptSchema = z.strictObject({
  sequence: z.int().nonnegative(),
  requestId: z.string(),
  modelId: z.int().nonnegative(),
  adapter: digest.nullable(),
  promptTokens: tokens,
  outputTokens: tokens,
  price: amount,
  cumulative: amount,
  previous: digest,
  digest,
})

/** The stored form of a Settlement. */
export const settlementSchema = z.strictObject({
  payer: address,
  modelId: z.int().nonnegative(),
  from: amount,
  to: amount,
  signature: z.string(),
  receiptsDigest: digest,
})

/** A line of the journal. */
export const journalEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('receipt'),
    payer: address,
    /** the prepaid voucher that the request was served on: the server's claim if no exact voucher ever comes */
    voucher: z.strictObject({ cumulative: amount, signature: z.string() }),
    receipt: receiptSchema,
  }),
  z.strictObject({ kind: z.literal('settlement'), settlement: settlementSchema }),
])

export type JournalEntry = z.infer<typeof journalEntrySchema>

/** An exact voucher and the receipts that it pays: what InferencePayments.redeem takes. Amounts are decimal strings. */
export type Settlement = z.infer<typeof settlementSchema>
