import { z } from 'zod'
import { address, count, digest } from './fields'

export const BATCH_FORMAT = 'open-datanets/batch'

/** What a contributor commits in one transaction; `items[i]` becomes contribution firstContributionId + i. */
export const batchManifest = z.object({
  format: z.literal(BATCH_FORMAT),
  version: z.literal(1),
  datanetId: count,
  contributor: address,
  items: z.array(z.object({ name: z.string(), mediaType: z.string(), digest, size: count, salt: digest })),
})
export type BatchManifest = z.infer<typeof batchManifest>
