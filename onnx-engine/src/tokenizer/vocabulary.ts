import type { Merge } from './merges'

/** A token that is found in the text itself, before it is cut into pieces. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Stands for something that is no content (the end of a text, a role in a chat). */
  readonly special: boolean
  /** Is looked for in the normalized text. */
  readonly normalized: boolean
}

/** What a tokenizer is, apart from how it is stored. */
export interface Vocabulary {
  /** The bytes of every token, by id; of an id without a token undefined. Special tokens have none. */
  tokens: readonly (Uint8Array | undefined)[]
  /** The token of each of the 256 bytes. */
  byteIds: ArrayLike<number>
  /** Merges by rank. */
  merges: readonly Merge[]
  endOfText: number
  added: readonly AddedToken[]
  /** Unicode's canonical composition of every text, which not every text survives unchanged. */
  normalization?: 'NFC'
  /** Tokens by their names in the byte alphabet, where a piece that is a token as a whole needs no merges. */
  whole?: ReadonlyMap<string, number>
  /** Cuts a text into the pieces inside which pairs may merge. Default GPT-2's. */
  split?: (text: string) => string[]
  /** How the tokenizer is written, where it was read. */
  stored?: StoredTokenizer
}

/** What a tokenizer.json says besides tokens and merges. */
export interface StoredTokenizer {
  /** The document, in which the vocabulary and the merges are left out. */
  readonly document: Readonly<Record<string, unknown>>
  /** The names of the model's own tokens by id; added ones may have none. */
  readonly names: readonly (string | undefined)[]
}
