import type { CID } from 'multiformats/cid'
import type { ContentStore, Digest } from '../domain'
import { digestOf, rawBlock } from './block'
import { epochLinks, type RowCounts } from './epochBlocks'

/**
 * The CAR of an epoch, block by block from the content store: the bytes that its publisher has as a file. One block is in
 * memory at a time, the codes being the largest.
 * @throws CONTENT_MISSING before the first byte when a block is not there; INVALID_DOCUMENT for a root that is none
 */
export async function epochCar(
  content: ContentStore,
  dataDigest: Digest,
  counts: RowCounts,
): Promise<AsyncIterable<Uint8Array>> {
  const { root, links, codes } = await epochLinks(content, dataDigest, counts)
  const digests = [...links.map(digestOf), ...(codes ? [codes] : [])]
  for (const digest of new Set(digests)) {
    // asked for, so that it is missing under the name and in the words of the store
    if (!(await content.has(digest))) await content.get(digest)
  }
  return carOf(content, root, links, codes)
}

async function* carOf(
  content: ContentStore,
  root: CID,
  links: readonly CID[],
  codes: Digest | undefined,
): AsyncIterable<Uint8Array> {
  yield* headerOf(root)
  for (const cid of [root, ...links]) yield* section(cid, await content.get(digestOf(cid)))
  if (!codes) return
  const { cid, bytes } = rawBlock(await content.get(codes))
  yield* section(cid, bytes)
}

async function* headerOf(root: CID): AsyncIterable<Uint8Array> {
  const { CarWriter } = await import('@ipld/car')
  const { writer, out } = CarWriter.create([root])
  void writer.close()
  yield* out
}

/** Length, CID, bytes. */
function* section({ bytes: name }: CID, bytes: Uint8Array): Iterable<Uint8Array> {
  yield Buffer.concat([varint(name.length + bytes.length), name])
  yield bytes
}

/** Unsigned LEB128. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
