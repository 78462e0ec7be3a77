interface ContentStoreErrorData {
  NOT_CANONICAL: { path: string; got: string }
  NOT_A_DIGEST: { got: string }
  CONTENT_MISSING: { digest: string; path: string }
  CONTENT_CORRUPT: { path: string; got: string; expected: string }
  CONTENT_UNREADABLE: { path: string; reason: string }
  CONTENT_TOO_LARGE: { digest: string; size: number; maxBytes: number }
  /** a store over the network; it is named by its host, never by its URL, which may hold a key */
  CONTENT_UNREACHABLE: { store: string; reason: string }
  CONTENT_REFUSED: { store: string; status: number }
  DIGEST_MISMATCH: { store: string; got: string; expected: string }
  NOT_WRITABLE: { stores: string }
  NOT_A_STORE: { got: string; reason: string }
}

export type ContentStoreErrorCode = keyof ContentStoreErrorData

const REPORTS: { [C in ContentStoreErrorCode]: (data: ContentStoreErrorData[C]) => string } = {
  NOT_CANONICAL: d => `${d.path} has no canonical JSON form: got ${d.got}, expected a JSON value or a bigint`,
  NOT_A_DIGEST: d => `not a content digest: got "${d.got}", expected 0x and 64 lower-case hex digits`,
  CONTENT_MISSING: d => `no content ${d.digest}: expected it at ${d.path}. Fetch or publish it there first.`,
  CONTENT_CORRUPT: d =>
    `content at ${d.path} is damaged: got bytes with digest ${d.got}, expected ${d.expected}`,
  CONTENT_UNREADABLE: d =>
    `content at ${d.path} cannot be read or written: ${d.reason}. Check the path and the disk, and try again.`,
  CONTENT_TOO_LARGE: d =>
    `content ${d.digest} is too large: got ${d.size} bytes, expected at most ${d.maxBytes}`,
  CONTENT_UNREACHABLE: d => `the content store ${d.store} gives no answer now: ${d.reason}. Try again later.`,
  CONTENT_REFUSED: d =>
    `the content store ${d.store} refuses us: got HTTP ${d.status}, expected 200 or 404. Check its address and the ` +
    `credentials; a bucket also has to allow s3:ListBucket, or it hides what is missing.`,
  DIGEST_MISMATCH: d =>
    `the content store ${d.store} delivers other bytes than were asked for: got ${d.got}, expected ${d.expected}`,
  NOT_WRITABLE: d =>
    `no content store takes anything: got ${d.stores}, expected a folder or an s3:// bucket among them`,
  NOT_A_STORE: d =>
    `not a content store: got ${d.got} (${d.reason}), expected a folder, an http(s) URL or ` +
    `s3://bucket/prefix?region=... or ?endpoint=...`,
}

const RETRYABLE: ReadonlySet<ContentStoreErrorCode> = new Set([
  'CONTENT_UNREADABLE',
  'CONTENT_UNREACHABLE',
  'DIGEST_MISMATCH',
])

/** What can go wrong with content: the caller's fault in what was asked, or bytes that are missing or damaged. */
export class ContentStoreError<C extends ContentStoreErrorCode = ContentStoreErrorCode> extends Error {
  override readonly name = 'ContentStoreError'
  /** whether the same call may succeed later, with nothing changed but the machine */
  readonly retryable: boolean

  constructor(
    readonly code: C,
    readonly data: ContentStoreErrorData[C],
    options?: ErrorOptions,
  ) {
    super(REPORTS[code](data), options)
    this.retryable = RETRYABLE.has(code)
  }
}
