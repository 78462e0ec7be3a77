/** Bytes that lie somewhere else, such as in a file, and are read where they are needed. */
export interface ByteSource {
  /** for messages, such as the path of a file */
  readonly name: string
  readonly length: number
  /** Fills `into` with the bytes from `at` on; never asked for bytes behind `length`. */
  read(at: number, into: Uint8Array): void
}

/** Bytes in memory as a source. */
export function sourceOf(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    length: bytes.length,
    read: (at, into) => into.set(bytes.subarray(at, at + into.length)),
  }
}
