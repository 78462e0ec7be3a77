import { counterBytes } from '@open-datanets/onnx-engine'

export const VOCABULARY = 32_000
export const DOCUMENT_TOKENS = 500
const RESPONSE_TOKENS = 458
/** One document in so many is copied from an earlier one, half of it, as real text repeats itself. */
const COPIED = 10
/** One part of a response in so many is copied from the corpus. */
const PHRASES = 12

type Stream = ReturnType<typeof counterBytes>

/** Documents of words whose rank r is drawn with a probability of about 1/r. */
export function zipfDocuments(count: number): Uint16Array[] {
  const stream = counterBytes('bench', 'suffix', 'documents')
  const documents: Uint16Array[] = []
  for (let i = 0; i < count; i++) {
    const tokens = Uint16Array.from({ length: DOCUMENT_TOKENS }, () => zipfToken(stream))
    if (i % COPIED === COPIED - 1) {
      const half = DOCUMENT_TOKENS / 2
      tokens.set(documents[stream.below(i)]!.subarray(0, half), stream.below(half))
    }
    documents.push(tokens)
  }
  return documents
}

/** Responses of such words, with passages of 3 to 22 tokens from the documents in between. */
export function zipfResponses(documents: readonly Uint16Array[], count: number): number[][] {
  const stream = counterBytes('bench', 'suffix', 'responses')
  return Array.from({ length: count }, () => {
    const tokens: number[] = []
    while (tokens.length < RESPONSE_TOKENS) {
      if (stream.below(PHRASES) > 0) tokens.push(zipfToken(stream))
      else {
        const from = stream.below(DOCUMENT_TOKENS - 22)
        tokens.push(...documents[stream.below(documents.length)]!.subarray(from, from + 3 + stream.below(20)))
      }
    }
    return tokens.slice(0, RESPONSE_TOKENS)
  })
}

/** Ranks are spread over the numbers, so that frequent tokens are not neighbours. */
function zipfToken(stream: Stream): number {
  const rank = Math.floor(VOCABULARY ** (stream.uint32() / 2 ** 32))
  return (rank * 7919) % VOCABULARY
}
