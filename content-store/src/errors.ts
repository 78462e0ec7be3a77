interface ContentStoreErrorData {
  NOT_CANONICAL: { path: string; got: string }
  NOT_A_DIGEST: { got: string }
  CONTENT_MISSING: { digest: string; path: string }
  CONTENT_CORRUPT: { path: string; got: string; expected: string }
  CONTENT_UNREADABLE: { path: string; reason: string }
  CONTENT_TOO_LARGE: { digest: string; size: number; maxBytes: number }
}

export type ContentStoreErrorCode = keyof ContentStoreErrorData

const REPORTS: { [C in ContentStoreErrorCode]: (data: ContentStoreErrorData[C]) => string } = {
  NOT_CANONICAL: d => `${d.path} has no canonical JSON form: got ${d.got}, expected a JSON value or a bigint`,
  NOT_A_DIGEST: d => `not a content digest: got "${d.got}", expected 0x and 64 lower-case hex digits`,
  CONTENT_MISSING: d => `no content ${d.digest}: expected it at ${d.path}. Fetch or publish it there first.`,
  CONTENT_CORRUPT: d =>
    `content at ${d.path} is damaged: got bytes with digest ${d.got}, expected ${d.expected}`,
  CONTENT_UNREADABLE: d => `content at ${d.path} cannot be read: ${d.reason}. Check the disk and try again.`,
  CONTENT_TOO_LARGE: d =>
    `content ${d.digest} is too large: got ${d.size} bytes, expected at most ${d.maxBytes}`,
}

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
    this.retryable = code === 'CONTENT_UNREADABLE'
  }
}
