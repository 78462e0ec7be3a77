import type { Digest } from './digest'

/** Where the bytes behind a digest live. `get` fails with CONTENT_MISSING or CONTENT_CORRUPT, never with wrong bytes. */
export interface ContentStore {
  put(bytes: Uint8Array): Promise<Digest>
  get(digest: Digest): Promise<Uint8Array>
  has(digest: Digest): Promise<boolean>
}
