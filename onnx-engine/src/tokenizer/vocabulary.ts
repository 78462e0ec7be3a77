import type { Merge } from './merges'

/** What a tokenizer is, apart from how it is stored. */
export interface Vocabulary {
  /** The bytes of every token, by id. The end-of-text token has none. */
  tokens: readonly Uint8Array[]
  /** Merges by rank. */
  merges: readonly Merge[]
  endOfText: number
}
