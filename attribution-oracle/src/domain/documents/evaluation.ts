import { z } from 'zod'
import { count, digest } from './fields'

export const EVALUATION_FORMAT = 'open-datanets/evaluation'

/** Held-out files: its digest is committed before contributions, its content is revealed after the close. */
export const evaluationManifest = z.object({
  format: z.literal(EVALUATION_FORMAT),
  version: z.literal(1),
  salt: z.string(),
  items: z.array(z.object({ name: z.string(), digest, size: count })).min(1),
})
export type EvaluationManifest = z.infer<typeof evaluationManifest>
