import { z } from 'zod'
import { count, decimal, digest } from './fields'

export const EPOCH_CONFIG_FORMAT = 'open-datanets/epoch-config'

const screening = z.object({
  minBytes: count,
  maxBytes: count.positive(),
  shingle: count.positive(),
  permutations: count.positive(),
  similarity: decimal,
  noiseMarginNats: decimal,
})

const scoring = z.object({
  projection: count.positive(),
  fisherSamples: count.positive(),
  windowTokens: count.positive(),
  damping: decimal,
  seed: z.string().min(1),
  clipQuantile: decimal,
  /** Of verbatim spans in usage; gradient alone where it is absent. */
  spanWeight: decimal.optional(),
})

/** The rules of one epoch, frozen on chain by their digest before the epoch opens. */
export const epochConfig = z.object({
  format: z.literal(EPOCH_CONFIG_FORMAT),
  version: z.literal(1),
  specVersion: z.literal(1),
  epoch: count,
  datanetId: count,
  evaluation: digest,
  /** Share of the held-out items that the epoch is judged on, drawn by its closing block; all where it is absent. */
  evaluationShare: decimal
    .refine(share => Number(share) > 0 && Number(share) <= 1, 'expected a share above 0, at most 1')
    .optional(),
  /**
   * The epoch is computed from so many blocks after the block that opened it, or after the one in which the epoch before
   * became final, whichever came later: all operators pin the same block without talking. Whoever posts first chooses
   * where it is absent.
   */
  closing: z.object({ blocks: count }).optional(),
  screening,
  scoring,
})
export type EpochConfig = z.infer<typeof epochConfig>
