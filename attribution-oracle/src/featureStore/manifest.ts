import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { canonicalBytes, sha256, type Digest } from '../domain'
import { writeDurably } from './durableFile'
import { corrupt } from './shard'

export const FEATURE_STORE_FORMAT = 'open-datanets/feature-store'

const digest = z.custom<Digest>(v => typeof v === 'string' && /^0x[0-9a-f]{64}$/.test(v), 'a digest')
const count = z.number().int().nonnegative()

/** What the features of a store are features of: another value anywhere needs another store. */
const identity = z.object({
  model: digest,
  checkpoint: digest,
  /** what is differentiated: the sample's loss, a margin, the loss at drawn labels */
  direction: z.string(),
  projection: z.object({ k: count.positive(), seed: z.string() }),
  layers: z
    .array(z.object({ name: z.string(), inWidth: count, outWidth: count, dims: count.positive() }))
    .min(1),
  /** what computed them, such as "onnxruntime 1.22.0, cpu" */
  engine: z.string(),
})
export type FeatureIdentity = z.infer<typeof identity>

const manifest = z.object({
  format: z.literal(FEATURE_STORE_FORMAT),
  version: z.literal(1),
  identity,
  /** In the order in which they were added; a shard is never changed nor removed. */
  shards: z.array(z.object({ epoch: count, digest, rows: count.positive(), bytes: count.positive() })),
})
export type FeatureManifest = z.infer<typeof manifest>

const pathOf = (folder: string): string => join(folder, 'manifest.json')

/** The manifest of a folder, with the digest of its bytes; undefined where there is none. @throws STORE_CORRUPT */
export async function readManifest(
  folder: string,
): Promise<{ manifest: FeatureManifest; digest: Digest } | undefined> {
  const path = pathOf(folder)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!bytes) return undefined
  const parsed = manifest.safeParse(jsonOf(bytes))
  if (parsed.success) return { manifest: parsed.data, digest: sha256(bytes) }
  const [issue] = parsed.error.issues
  throw corrupt(
    path,
    `${issue?.path.join('.') || 'the document'}: ${issue?.message}`,
    `a manifest, version 1`,
  )
}

export async function writeManifest(folder: string, value: FeatureManifest): Promise<Digest> {
  const bytes = canonicalBytes(value)
  await writeDurably(pathOf(folder), [bytes])
  return sha256(bytes)
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
