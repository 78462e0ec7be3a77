import { OnnxEngineError } from '../errors'
import { AddedTokens } from './addedTokens'
import { toAlphabet } from './byteAlphabet'
import { MergeTable } from './merges'
import { bytesOfPiece, piecesOf, splitPieces, textOf } from './pieces'
import { readTokenizerJson, type TokenizerJsonOptions } from './readTokenizerJson'
import { writeTokenizerJson } from './tokenizerJson'
import type { Vocabulary } from './vocabulary'

/** Source files repeat their pieces: most calls end here. Long pieces are rare and would fill the memory. */
const CACHED_PIECES = 100_000
const CACHED_LENGTH = 64

export interface CodingOptions {
  /**
   * Finds special tokens in a text and shows them in one, as Hugging Face does. Default false: content cannot smuggle
   * them in, the characters `<|endoftext|>` are encoded as characters.
   */
  readonly specialTokens?: boolean
}

/**
 * Byte-level byte-pair encoding. Any bytes go in, and come out again: `decodeBytes(encode(x))` is `x`. Bytes that are
 * not UTF-8 are treated as symbols: neither letters, digits nor space. A tokenizer that was read with the normalizer NFC
 * gives the composed form of a text instead (`normalization`).
 */
export class Tokenizer {
  /** One more than the greatest id. */
  readonly vocabSize: number
  readonly endOfText: number
  /** What a text comes back as; undefined: as itself. */
  readonly normalization: 'NFC' | undefined
  readonly #vocabulary: Vocabulary
  readonly #table: MergeTable
  readonly #cache = new Map<string, readonly number[]>()
  readonly #content: AddedTokens | undefined
  readonly #everything: AddedTokens
  readonly #contentOfSpecial: ReadonlyMap<number, Uint8Array>

  constructor(vocabulary: Vocabulary) {
    const { tokens, added, normalization } = vocabulary
    this.#vocabulary = vocabulary
    this.vocabSize = tokens.length
    this.endOfText = vocabulary.endOfText
    this.normalization = normalization
    this.#table = new MergeTable(vocabulary.merges)
    const special = new Map(added.filter(token => token.special).map(token => [token.id, token.content]))
    const content = added.filter(token => !token.special)
    this.#content = content.length > 0 || normalization ? new AddedTokens(content, normalization) : undefined
    this.#everything = new AddedTokens(added, normalization)
    this.#contentOfSpecial = new Map([...special].map(([id, text]) => [id, Buffer.from(text, 'utf8')]))
  }

  /**
   * Reads a Hugging Face `tokenizer.json` of byte-level BPE: GPT-2, GPT-4, Llama 3, Qwen, and what trainBpe made. `encode`
   * then gives what Hugging Face gives without the tokens that its post-processor adds.
   * @throws OnnxEngineError INVALID_TOKENIZER with the field, what it holds and what was expected, on whatever would be
   *   encoded otherwise or would not come back
   */
  static fromJson(text: string, options: TokenizerJsonOptions = {}): Tokenizer {
    return new Tokenizer(readTokenizerJson(text, options))
  }

  /** The Hugging Face `tokenizer.json` of this tokenizer. Equal tokenizers give equal text. */
  toJson(): string {
    return writeTokenizerJson(this.#vocabulary)
  }

  /** Token ids of a text (as UTF-8) or of bytes. Never contains a special token unless asked for. */
  encode(input: string | Uint8Array, { specialTokens = false }: CodingOptions = {}): number[] {
    const ids: number[] = []
    const encodePieces = (pieces: readonly string[]): void => {
      for (const piece of pieces) for (const id of this.#encodePiece(piece)) ids.push(id)
    }
    const { split } = this.#vocabulary
    const finder = specialTokens ? this.#everything : this.#content
    if (!finder && !split) {
      encodePieces(splitPieces(input))
      return ids
    }
    const text = textOf(input)
    for (const part of finder ? finder.split(text) : [text])
      if (typeof part === 'number') ids.push(part)
      else encodePieces(split ? split(part) : piecesOf(part))
    return ids
  }

  /**
   * The bytes behind token ids; special tokens have none unless asked for. Throws OnnxEngineError UNKNOWN_TOKEN on an id
   * without a token.
   */
  decodeBytes(ids: Iterable<number>, { specialTokens = false }: CodingOptions = {}): Uint8Array {
    const parts: Uint8Array[] = []
    for (const id of ids) {
      const shown = specialTokens ? this.#contentOfSpecial.get(id) : undefined
      const bytes = shown ?? this.#vocabulary.tokens[id]
      if (bytes === undefined) throw new OnnxEngineError('UNKNOWN_TOKEN', { id, vocabSize: this.vocabSize })
      parts.push(bytes)
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  /** The text behind token ids; bytes that are not UTF-8 show as U+FFFD. */
  decode(ids: Iterable<number>, options: CodingOptions = {}): string {
    return Buffer.from(this.decodeBytes(ids, options)).toString('utf8')
  }

  #encodePiece(piece: string): readonly number[] {
    const known = this.#cache.get(piece)
    if (known !== undefined) return known
    const ids = this.#encodeBytes(bytesOfPiece(piece))
    if (piece.length <= CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_PIECES) this.#cache.clear()
      this.#cache.set(piece, ids)
    }
    return ids
  }

  #encodeBytes(bytes: Uint8Array): readonly number[] {
    const { whole, byteIds } = this.#vocabulary
    const id = whole?.get(toAlphabet(bytes))
    return id === undefined ? this.#table.apply(Array.from(bytes, byte => byteIds[byte]!)) : [id]
  }
}
