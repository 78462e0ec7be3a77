import { z } from 'zod'
import { REASON_CODES } from '../reasonCode'
import { address, amount, count, digest } from './fields'

export const EPOCH_DATA_FORMAT = 'open-datanets/epoch'

const root = z.custom<`0x${string}`>(v => typeof v === 'string' && /^0x[0-9a-f]{48}$/.test(v), {
  message: 'expected a 24-byte root',
})

/**
 * The tables that are published behind a root, one schema per row. Integers beyond 2^53 and amounts stand as decimal
 * strings; scores are the only floats.
 */
export const epochTables = {
  screening: z.object({
    id: amount,
    /** how many contributions from `id` on it is about: 1, or a run of a batch that was never looked into */
    count: count.positive(),
    contributorIndex: count,
    verdict: z.enum(['accepted', 'copy', 'rejected']),
    reason: z.enum(REASON_CODES),
    representative: amount,
    novelty: z.number().min(0).max(1),
    detail: z.string(),
  }),
  receipts: z.object({
    payer: address,
    modelId: count,
    amount,
    /** ever redeemed by the payer for the model, this redemption included; it tells redemptions apart */
    cumulative: amount,
    receiptsDigest: digest,
    outputs: count,
    accepted: z.boolean(),
    /** empty when accepted, else a code and integers: nothing in it may depend on the machine */
    reason: z.string().regex(/^([A-Z]+(_[A-Z]+)*( [0-9]+)*)?$/),
  }),
  scores: z.object({
    poolId: amount,
    contributionId: amount,
    /** of a datanet's pool a lower confidence bound, limited per byte */
    score: z.number(),
    /** of a datanet's pool: the fall of the held-out loss in nats per token, and its standard error */
    value: z.number().optional(),
    error: z.number().optional(),
    /** why the score is 0, of an accepted contribution */
    reason: z.enum(REASON_CODES).optional(),
  }),
  weights: z.object({ poolId: amount, contributionId: amount, weight: amount }),
  settlement: z.object({
    poolId: amount,
    contributorIndex: count,
    contributionId: amount,
    weight: amount,
    prefix: amount,
  }),
  manifest: z.object({
    poolId: amount,
    settlementRoot: root,
    leafCount: count,
    totalWeight: amount,
    amount,
    cumulative: amount,
    prefix: amount,
  }),
  journal: z.object({ contributorIndex: count, poolPosition: count, amount, prefix: amount }),
  ledger: z.object({ account: address, cumulative: amount, prefix: amount }),
} as const

export type TableName = keyof typeof epochTables
export const TABLE_NAMES = Object.keys(epochTables) as readonly TableName[]
export type Row<T extends TableName> = z.infer<(typeof epochTables)[T]>
export type EpochTables = { readonly [T in TableName]: readonly Row<T>[] }

const scoringReceipt = z.object({
  engine: z.object({ onnxruntime: z.string(), optimization: z.string(), provider: z.string() }),
  seed: z.string(),
  checkpoints: z.array(digest).readonly(),
  /** of the published codes; epochs scored before there were codes have none */
  codes: digest.optional(),
})

/** What the root block says by itself; tables, configuration and inputs hang off it by link. */
export const epochHeader = z.object({
  chainId: count,
  vault: address,
  epoch: count,
  specVersion: count,
  previous: digest.nullable(),
  scoring: scoringReceipt,
})
export type EpochHeader = z.infer<typeof epochHeader>

/** Everything behind a root. */
export interface EpochData {
  header: EpochHeader
  /** canonical JSON of the epoch configuration, as committed on chain */
  config: Uint8Array
  /** canonical JSON of the EpochInputs */
  inputs: Uint8Array
  tables: EpochTables
}
