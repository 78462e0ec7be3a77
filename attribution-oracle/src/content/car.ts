import { sha256, type ContentStore, type Digest } from '../domain'
import { AttributionOracleError } from '../errors'
import { digestOf, type Block } from './block'

/** A CAR (version 1) of the blocks; the first is the root. The same blocks give the same bytes. */
export async function encodeCar(blocks: readonly Block[]): Promise<Uint8Array> {
  const { CarWriter } = await import('@ipld/car')
  const { writer, out } = CarWriter.create(blocks.slice(0, 1).map(block => block.cid))
  const parts: Uint8Array[] = []
  const reading = (async () => {
    for await (const part of out) parts.push(part)
  })()
  for (const block of blocks) await writer.put(block)
  await writer.close()
  await reading
  return Buffer.concat(parts)
}

/**
 * Puts every block of a CAR into the content store, each checked against its CID before any is put: what is read back by
 * the root's digest (`readEpoch`) is the whole epoch.
 * @param expected the root that it has to have, where that is known from the chain
 * @returns the digest of the root
 * @throws CONTENT_CORRUPT for a block that is not what its CID says, INVALID_DOCUMENT for anything but a CAR with one root
 * that is among its blocks, or with another root than is expected
 */
export async function importCar(
  content: ContentStore,
  bytes: Uint8Array,
  expected?: Digest,
): Promise<Digest> {
  const { roots, blocks } = await decoded(bytes)
  const root = roots.length === 1 ? roots[0] : undefined
  if (!root) throw malformed(`${roots.length} roots`, '1 root')
  if (expected && root !== expected) throw malformed(`root ${root}`, `root ${expected}`)
  if (!blocks.some(({ digest }) => digest === root)) throw malformed('no block of the root', `block ${root}`)
  for (const { digest, bytes: block } of blocks) {
    const got = sha256(block)
    if (got === digest) continue
    throw new AttributionOracleError(
      'CONTENT_CORRUPT',
      { what: 'A block of the CAR is not what its CID says', got, expected: digest },
      { digest, got },
    )
  }
  for (const block of blocks) await content.put(block.bytes)
  return root
}

async function decoded(
  bytes: Uint8Array,
): Promise<{ roots: Digest[]; blocks: { digest: Digest; bytes: Uint8Array }[] }> {
  const { CarReader } = await import('@ipld/car')
  // what the library throws has no type of its own: all of it is about the bytes
  const reader = await CarReader.fromBytes(bytes).catch((cause: unknown) => {
    throw malformed(cause instanceof Error ? cause.message : String(cause), 'a CAR, version 1', cause)
  })
  const blocks = []
  for await (const { cid, bytes: block } of reader.blocks())
    blocks.push({ digest: digestOf(cid), bytes: block })
  return { roots: (await reader.getRoots()).map(digestOf), blocks }
}

function malformed(got: string, expected: string, cause?: unknown): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: 'This is not the CAR of an epoch', got, expected },
    { format: 'car', issues: [got] },
    { cause },
  )
}
