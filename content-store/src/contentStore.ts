import type { Digest } from './digest'

/**
 * Where the bytes behind a digest live. `get` never gives wrong bytes: it fails with CONTENT_MISSING, CONTENT_TOO_LARGE
 * (more than `maxBytes`, when that is given), or, when the store itself is at fault, CONTENT_CORRUPT or
 * CONTENT_UNREADABLE; a store over the network also with CONTENT_UNREACHABLE, CONTENT_REFUSED or DIGEST_MISMATCH. Only
 * CONTENT_MISSING says that nobody has the bytes.
 */
export interface ContentStore {
  put(bytes: Uint8Array): Promise<Digest>
  get(digest: Digest, maxBytes?: number): Promise<Uint8Array>
  has(digest: Digest): Promise<boolean>
}

/** One of several stores that are read in their order. */
export interface Layer extends Omit<ContentStore, 'put'> {
  /** a folder, or a host: what faults and events may show */
  readonly name: string
  /** whether what other layers give is kept here */
  readonly keeps: boolean
  /** Absent where nothing can be written. Writes what is missing or damaged. */
  write?(digest: Digest, bytes: Uint8Array): Promise<void>
}

/** What a layer did; `bytes` are those that were read or written. */
export interface ContentEvent {
  store: string
  operation: 'get' | 'put'
  result: 'hit' | 'miss' | 'error'
  bytes: number
}

/** The place of a content below a folder or in a bucket. @returns `objects/<first 2 hex>/<64 hex>` */
export function objectPath(digest: Digest): string {
  return `objects/${digest.slice(2, 4)}/${digest.slice(2)}`
}
