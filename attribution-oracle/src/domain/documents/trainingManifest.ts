import { z } from 'zod'
import { count, digest } from './fields'

export const TRAINING_MANIFEST_FORMAT = 'open-datanets/training-manifest'

/** The part of model-factory's training manifest that attribution depends on; everything else may grow freely. */
export const trainingManifest = z.object({
  format: z.literal(TRAINING_MANIFEST_FORMAT),
  version: z.literal(1),
  kind: z.enum(['base', 'adapter']),
  name: z.string(),
  baseModelId: count,
  base: digest.nullable(),
  contributionIds: z.array(count),
  tokenizer: digest,
  model: digest,
  checkpoints: z.array(digest).min(1),
})
export type TrainingManifest = z.infer<typeof trainingManifest>
