const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const encoder = new TextEncoder()

export interface CanonicalText {
  readonly text: string
  readonly bytes: Uint8Array
}

/**
 * The one spelling of a text: valid UTF-8, no byte order mark, line feeds only. An editor or a version control system
 * changes the rest without anybody's doing, so it must not make a new contribution.
 * @returns undefined where the bytes are not UTF-8 or hold a NUL, which no text does
 */
export function canonicalise(bytes: Uint8Array): CanonicalText | undefined {
  let decoded: string
  try {
    decoded = decoder.decode(bytes)
  } catch {
    return undefined
  }
  if (decoded.includes('\0')) return undefined
  const text = decoded.replace(/\r\n?/g, '\n')
  return { text, bytes: encoder.encode(text) }
}
