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
})

/** The rules of one epoch, frozen on chain by their digest before the epoch opens. */
export const epochConfig = z.object({
  format: z.literal(EPOCH_CONFIG_FORMAT),
  version: z.literal(1),
  specVersion: z.literal(1),
  epoch: count,
  datanetId: count,
  evaluation: digest,
  screening,
  scoring,
})
export type EpochConfig = z.infer<typeof epochConfig>
