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
 * Puts every block of a CAR into the content store, each checked against its CID.
 * @returns the digest of the root
 * @throws CONTENT_CORRUPT for a block that is not what its CID says, INVALID_DOCUMENT for anything but one root
 */
export async function importCar(content: ContentStore, bytes: Uint8Array): Promise<Digest> {
  const { CarReader } = await import('@ipld/car')
  const reader = await CarReader.fromBytes(bytes)
  const [root, ...others] = await reader.getRoots()
  if (!root || others.length > 0) {
    const got = `${root ? 1 + others.length : 0} roots`
    throw new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: 'An epoch CAR has one root', got, expected: '1 root' },
      { format: 'car', issues: [got] },
    )
  }
  for await (const block of reader.blocks()) {
    const digest = digestOf(block.cid)
    const got = sha256(block.bytes)
    if (got !== digest) {
      throw new AttributionOracleError(
        'CONTENT_CORRUPT',
        { what: 'A block of the CAR is not what its CID says', got, expected: digest },
        { digest, got },
      )
    }
    await content.put(block.bytes)
  }
  return digestOf(root)
}
