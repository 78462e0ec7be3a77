import type { ContentStore, Digest } from '@open-datanets/content-store'
import { z } from 'zod'
import { count, digest } from './fields'
import { parseDocument } from './parseDocument'

export const EVALUATION_FORMAT = 'open-datanets/evaluation'

/** Held-out files: the digest is committed before contributions, the content is revealed after the close. */
export const evaluationManifest = z.object({
  format: z.literal(EVALUATION_FORMAT),
  version: z.literal(1),
  salt: z.string(),
  items: z.array(z.object({ name: z.string(), digest, size: count })).min(1),
})
export type EvaluationManifest = z.infer<typeof evaluationManifest>

/** A file that a model is measured on. */
export interface HeldOutFile {
  name: string
  bytes: Uint8Array
}

/** Held-out files and the digest of the evaluation manifest that lists them. */
export interface HeldOut {
  digest: Digest
  files: readonly HeldOutFile[]
}

/** Fetches the held-out files that an evaluation manifest lists. Throws INVALID_DOCUMENT and what the store throws. */
export async function readHeldOut(manifest: Digest, content: ContentStore): Promise<HeldOut> {
  const { items } = parseDocument(evaluationManifest, EVALUATION_FORMAT, await content.get(manifest))
  const files: HeldOutFile[] = []
  for (const { name, digest } of items) files.push({ name, bytes: await content.get(digest) })
  return { digest: manifest, files }
}
