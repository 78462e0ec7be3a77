import { createHash } from 'node:crypto'
import { ContentStoreError } from './errors'

/** A lower-case hexadecimal SHA-256 with 0x prefix: the name of a content, and the bytes32 that stands on chain. */
export type Digest = `0x${string}`

export function sha256(bytes: Uint8Array): Digest {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

export function isDigest(text: string): text is Digest {
  return /^0x[0-9a-f]{64}$/.test(text)
}

/** @throws NOT_A_DIGEST, before anything is made of a text that may be a path */
export function checkedDigest(digest: Digest): Digest {
  if (isDigest(digest)) return digest
  throw new ContentStoreError('NOT_A_DIGEST', { got: String(digest) })
}
