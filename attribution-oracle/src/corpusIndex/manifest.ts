import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { canonicalBytes, isDigest, type Digest } from '../domain'
import { giveName, writeParts } from './durable'
import { at, corrupt, parseJson } from './faults'

const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)

/** Which shards are the corpus, oldest documents first, and which documents each epoch brought. */
const schema = z.strictObject({
  format: z.literal('open-datanets/corpus-index'),
  version: z.literal(1),
  epochs: z.array(z.strictObject({ epoch: count, first: count, documents: count })),
  shards: z.array(
    z.strictObject({
      digest: z.custom<Digest>(value => typeof value === 'string' && isDigest(value)),
      length: count,
    }),
  ),
})
export type Manifest = z.infer<typeof schema>

const EMPTY: Manifest = { format: 'open-datanets/corpus-index', version: 1, epochs: [], shards: [] }
const NAME = 'manifest.json'

/** That of an empty index where there is none. @throws INDEX_CORRUPT, INDEX_UNREADABLE */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, NAME)
  const text = await at(file, () => readFile(file, 'utf8').catch(absent))
  if (text === undefined) return EMPTY
  const parsed = schema.safeParse(parseJson(file, text))
  if (parsed.success) return parsed.data
  throw corrupt(file, z.prettifyError(parsed.error), 'the manifest of a corpus index')
}

/** Puts a manifest in the place of the one before, at once. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = path.join(folder, NAME)
  await writeParts(`${file}.partial`, [canonicalBytes(manifest)])
  await giveName(`${file}.partial`, file)
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause
}
