import { isUtf8 } from 'node:buffer'

/** The split of GPT-2. `\s` is written as White_Space because JavaScript's `\s` differs from it in two code points. */
export const PIECE =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

/** Bytes that are not UTF-8 travel through the split as the lone surrogates U+DC80 to U+DCFF. */
const ESCAPE = 0xdc00
const ESCAPED = /[\u{dc80}-\u{dcff}]/u

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

function escapedText(bytes: Uint8Array): string {
  const parts: string[] = []
  let start = 0
  let at = 0
  const flush = (): void => {
    if (at > start) parts.push(Buffer.from(bytes.subarray(start, at)).toString('utf8'))
  }
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length > 0) at += length
    else {
      flush()
      parts.push(String.fromCharCode(ESCAPE + bytes[at]!))
      start = ++at
    }
  }
  flush()
  return parts.join('')
}

/** Text as JavaScript splits it: bytes that are not UTF-8 stand in it as lone surrogates, one for each. */
export function textOf(input: string | Uint8Array): string {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  return isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
    : escapedText(bytes)
}

/**
 * Splits text or bytes as GPT-2 does into the pieces inside which pairs may merge. Nothing is lost: the bytes of the
 * pieces, joined, are the bytes given, also where these are not UTF-8.
 */
export const splitPieces = (input: string | Uint8Array): string[] => piecesOf(textOf(input))

/** The same of what textOf gave. */
export const piecesOf = (text: string): string[] => text.match(PIECE) ?? []

/** The bytes of one piece. */
export function bytesOfPiece(piece: string): Uint8Array {
  if (!ESCAPED.test(piece)) return Buffer.from(piece, 'utf8')
  return Buffer.concat(
    Array.from(piece, character =>
      ESCAPED.test(character)
        ? Uint8Array.of(character.charCodeAt(0) - ESCAPE)
        : Buffer.from(character, 'utf8'),
    ),
  )
}
