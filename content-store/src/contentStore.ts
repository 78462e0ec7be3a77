import type { Digest } from './digest'

/**
 * Where the bytes behind a digest live. `get` never gives wrong bytes: it fails with CONTENT_MISSING, CONTENT_TOO_LARGE
 * (more than `maxBytes`, when that is given), or, when the store itself is at fault, CONTENT_CORRUPT or
 * CONTENT_UNREADABLE.
 */
export interface ContentStore {
  put(bytes: Uint8Array): Promise<Digest>
  get(digest: Digest, maxBytes?: number): Promise<Uint8Array>
  has(digest: Digest): Promise<boolean>
}
