import { OnnxEngineError } from '../errors'
import { BYTES_IN_ORDER, CHARACTER_OF_BYTE, fromAlphabet } from './byteAlphabet'
import { bytesOfPiece, splitPieces } from './pieces'
import { Tokenizer } from './tokenizer'
import { END_OF_TEXT } from './tokenizerJson'
import { trainMerges } from './trainMerges'

export interface TrainBpeOptions {
  /** 256 bytes, the merges, and the end-of-text token. At least 257. */
  vocabSize: number
  /** Pairs seen less often are not merged, so a small corpus gives a smaller vocabulary. Default 2. */
  minFrequency?: number
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
}

const BYTES = 256

/**
 * Trains a byte-level BPE tokenizer. Ids: the 256 bytes in alphabet order, the merges by rank, end of text last
 * (GPT-2's numbering). The order of the texts does not matter, and equal texts give equal tokenizers.
 */
export function trainBpe(texts: Iterable<string | Uint8Array>, o: TrainBpeOptions): Tokenizer {
  if (!Number.isInteger(o.vocabSize) || o.vocabSize <= BYTES)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: 'vocabSize',
      got: String(o.vocabSize),
      expected: `an integer of at least ${BYTES + 1}`,
    })

  const weights = new Map<string, number>()
  for (const text of texts) {
    o.signal?.throwIfAborted()
    for (const piece of splitPieces(text)) weights.set(piece, (weights.get(piece) ?? 0) + 1)
  }
  const idOfByte = new Map(BYTES_IN_ORDER.map((byte, id) => [byte, id]))
  const pieces = Array.from(weights, ([piece, weight]) => ({
    symbols: Array.from(bytesOfPiece(piece), byte => idOfByte.get(byte)!),
    weight,
  }))
  const { merges, names } = trainMerges(pieces, {
    alphabet: BYTES_IN_ORDER.map(byte => CHARACTER_OF_BYTE[byte]!),
    names: o.vocabSize - 1,
    minFrequency: o.minFrequency ?? 2,
    ...(o.onProgress && { onProgress: o.onProgress }),
    ...(o.signal && { signal: o.signal }),
  })
  const tokens = [...names.map(name => fromAlphabet(name)!), new Uint8Array()]
  const end = { id: names.length, content: END_OF_TEXT, special: true, normalized: false }
  const byteIds = Array.from(CHARACTER_OF_BYTE, (_, byte) => idOfByte.get(byte)!)
  return new Tokenizer({ tokens, byteIds, merges, endOfText: end.id, added: [end] })
}
