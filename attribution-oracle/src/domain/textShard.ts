/**
 * Documents as one sorted text, wherever it lies. A symbol is a token + 1, and 0 ends each document, so that no match
 * goes beyond one.
 */
export interface TextShard {
  /** symbols, the ends of documents included; below 2^31 */
  readonly length: number
  /** above every symbol */
  readonly alphabet: number
  /** numbers of its documents in the corpus, ascending */
  readonly documents: ArrayLike<number>
  /** [documents + 1]: where each begins in the text; the last is the length */
  readonly starts: ArrayLike<number>
  /** [alphabet + 1]: the rank of the first suffix that begins with a symbol or with one above it */
  readonly buckets: ArrayLike<number>
  symbol(position: number): number
  /** The position whose suffix stands at `rank` in the order of all suffixes. */
  suffix(rank: number): number
}
