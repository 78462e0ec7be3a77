import { OnnxEngineError } from '../errors'
import { MergeTable } from './merges'
import { bytesOfPiece, splitPieces } from './pieces'
import { readTokenizerJson, writeTokenizerJson } from './tokenizerJson'
import type { Vocabulary } from './vocabulary'

/** Source files repeat their pieces: most calls end here. Long pieces are rare and would fill the memory. */
const CACHED_PIECES = 100_000
const CACHED_LENGTH = 64

/**
 * Byte-level byte-pair encoding. Any bytes go in, and come out again: `decodeBytes(encode(x))` is `x`.
 * Content cannot smuggle in the special token: the characters `<|endoftext|>` in a text are encoded as characters.
 */
export class Tokenizer {
  readonly vocabSize: number
  readonly endOfText: number
  readonly #vocabulary: Vocabulary
  readonly #table: MergeTable
  readonly #idOfByte = new Int32Array(256)
  readonly #cache = new Map<string, readonly number[]>()

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
    this.vocabSize = vocabulary.tokens.length
    this.endOfText = vocabulary.endOfText
    this.#table = new MergeTable(vocabulary.merges)
    vocabulary.tokens.forEach((bytes, id) => {
      if (bytes.length === 1) this.#idOfByte[bytes[0]!] = id
    })
  }

  /** Reads a Hugging Face `tokenizer.json`. Throws OnnxEngineError INVALID_TOKENIZER on anything but byte-level BPE. */
  static fromJson(text: string): Tokenizer {
    return new Tokenizer(readTokenizerJson(text))
  }

  /** The Hugging Face `tokenizer.json` of this tokenizer. Equal tokenizers give equal text. */
  toJson(): string {
    return writeTokenizerJson(this.#vocabulary)
  }

  /** Token ids of a text (as UTF-8) or of bytes. Never contains `endOfText`. */
  encode(input: string | Uint8Array): number[] {
    const ids: number[] = []
    for (const piece of splitPieces(input)) for (const id of this.#encodePiece(piece)) ids.push(id)
    return ids
  }

  /** The bytes behind token ids; `endOfText` has none. Throws OnnxEngineError UNKNOWN_TOKEN on an id out of range. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    const parts: Uint8Array[] = []
    for (const id of ids) {
      const bytes = this.#vocabulary.tokens[id]
      if (bytes === undefined) throw new OnnxEngineError('UNKNOWN_TOKEN', { id, vocabSize: this.vocabSize })
      parts.push(bytes)
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  /** The text behind token ids; bytes that are not UTF-8 show as U+FFFD. */
  decode(ids: Iterable<number>): string {
    return Buffer.from(this.decodeBytes(ids)).toString('utf8')
  }

  #encodePiece(piece: string): readonly number[] {
    const known = this.#cache.get(piece)
    if (known !== undefined) return known
    const ids = this.#table.apply(Array.from(bytesOfPiece(piece), byte => this.#idOfByte[byte]!))
    if (piece.length <= CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_PIECES) this.#cache.clear()
      this.#cache.set(piece, ids)
    }
    return ids
  }
}
