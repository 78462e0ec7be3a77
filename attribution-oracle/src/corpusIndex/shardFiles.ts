import { makeFolder } from '@open-datanets/content-store'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { canonicalBytes, isDigest, sha256, type Digest } from '../domain'
import { giveName, remove, syncFolder, writeParts } from './durable'
import { at, corrupt, parseJson } from './faults'
import { packed, symbolWidth, type Width } from './packing'

/** Documents joined and sorted; numbers are those of the documents in the corpus, ascending. */
export interface SortedText {
  readonly symbols: ArrayLike<number>
  readonly suffixes: ArrayLike<number>
  readonly documents: ArrayLike<number>
  readonly starts: ArrayLike<number>
  /** above every symbol */
  readonly alphabet: number
}

const FILES = ['text', 'suffixes', 'documents', 'starts'] as const
export type ShardFile = (typeof FILES)[number]

const entry = z.strictObject({
  entries: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  width: z.union([z.literal(2), z.literal(3), z.literal(4)]),
  digest: z.string().refine(isDigest),
})

/** What a shard consists of. The digest of its canonical form is the shard's name, and so pins every byte of it. */
const schema = z.strictObject({
  format: z.literal('open-datanets/corpus-shard'),
  version: z.literal(1),
  files: z.strictObject({ text: entry, suffixes: entry, documents: entry, starts: entry }),
})
export type ShardDescription = z.infer<typeof schema>

const DESCRIPTION = 'shard.json'

/** Writes a shard under its digest; one that is there already is left. Nothing of it is seen before all is on disk. */
export async function writeShard(folder: string, text: SortedText): Promise<Digest> {
  const partial = path.join(folder, 'partial')
  await remove(partial)
  await at(partial, () => makeFolder(partial))
  const contents: Record<ShardFile, [ArrayLike<number>, Width]> = {
    text: [text.symbols, symbolWidth(text.alphabet)],
    suffixes: [text.suffixes, 4],
    documents: [text.documents, 4],
    starts: [text.starts, 4],
  }
  const files: Record<string, unknown> = {}
  for (const name of FILES) {
    const [values, width] = contents[name]
    const hash = createHash('sha256')
    await writeParts(path.join(partial, name), hashed(hash, packed(values, width)))
    files[name] = { entries: values.length, width, digest: `0x${hash.digest('hex')}` }
  }
  const description = canonicalBytes({ format: 'open-datanets/corpus-shard', version: 1, files })
  await writeParts(path.join(partial, DESCRIPTION), [description])
  await syncFolder(partial)
  const digest = sha256(description)
  const named = path.join(folder, digest.slice(2))
  if (await exists(named)) await remove(partial)
  else await giveName(partial, named)
  return digest
}

function* hashed(hash: ReturnType<typeof createHash>, parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    hash.update(part)
    yield part
  }
}

/** The description of a shard, and files of the sizes that it states. @throws INDEX_CORRUPT, INDEX_UNREADABLE */
export async function readDescription(folder: string, digest: Digest): Promise<ShardDescription> {
  const file = path.join(folder, digest.slice(2), DESCRIPTION)
  const bytes = await at(file, () => readFile(file))
  if (sha256(bytes) !== digest) throw corrupt(file, sha256(bytes), digest)
  const parsed = schema.safeParse(parseJson(file, bytes.toString()))
  if (!parsed.success) throw corrupt(file, z.prettifyError(parsed.error), 'the description of a shard')
  for (const name of FILES) {
    const { entries, width } = parsed.data.files[name]
    const part = fileOf(folder, digest, name)
    const { size } = await at(part, () => stat(part))
    if (size !== entries * width) throw corrupt(part, `${size} bytes`, `${entries * width} bytes`)
  }
  return parsed.data
}

/** Reads every byte of a shard. @throws INDEX_CORRUPT naming the file that is not what the description says */
export async function checkDigests(
  folder: string,
  digest: Digest,
  { files }: ShardDescription,
): Promise<void> {
  for (const name of FILES) {
    const file = fileOf(folder, digest, name)
    const hash = createHash('sha256')
    await at(file, async () => {
      for await (const part of createReadStream(file)) hash.update(part as Buffer)
    })
    const got = `0x${hash.digest('hex')}`
    if (got !== files[name].digest) throw corrupt(file, got, files[name].digest)
  }
}

export function fileOf(folder: string, digest: Digest, name: ShardFile): string {
  return path.join(folder, digest.slice(2), name)
}

async function exists(target: string): Promise<boolean> {
  return stat(target).then(
    () => true,
    (cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? false : Promise.reject(cause)),
  )
}
