import type { TextShard } from '../../domain'
import { AttributionOracleError } from '../../errors'
import { sortSuffixes, type Symbols } from './inducedSorting'

/** Symbols stay below 2^24, so that three bytes hold them. */
const MAX_TOKEN = 2 ** 24 - 2

/** A shard whose text and suffix array are in memory. */
export class MemoryShard implements TextShard {
  readonly length: number
  readonly alphabet: number
  readonly buckets: Int32Array

  constructor(
    readonly symbols: Symbols,
    readonly suffixes: Int32Array,
    readonly documents: Int32Array,
    readonly starts: Int32Array,
  ) {
    this.length = symbols.length
    this.buckets = bucketsOf(symbols)
    this.alphabet = this.buckets.length - 1
  }

  /**
   * Joins and sorts documents.
   *
   * @param numbers of the documents in the corpus, ascending; absent: from 0
   *
   * @throws INVALID_ARGUMENT a token that is no whole number from 0 to 2^24 - 2
   */
  static build(documents: readonly ArrayLike<number>[], numbers?: Int32Array): MemoryShard {
    const starts = new Int32Array(documents.length + 1)
    documents.forEach((tokens, i) => (starts[i + 1] = starts[i]! + tokens.length + 1))
    const highest = documents.reduce((top, tokens, i) => Math.max(top, highestToken(tokens, i)), -1)
    const length = starts[documents.length]!
    const symbols = highest + 1 > 0xffff ? new Int32Array(length) : new Uint16Array(length)
    documents.forEach((tokens, i) => {
      const start = starts[i]!
      for (let k = 0; k < tokens.length; k++) symbols[start + k] = tokens[k]! + 1
    })
    const suffixes = new Int32Array(length)
    sortSuffixes(symbols, suffixes, highest + 2)
    const inOrder = numbers ?? Int32Array.from(documents, (_, i) => i)
    return new MemoryShard(symbols, suffixes, inOrder, starts)
  }

  symbol(position: number): number {
    return this.symbols[position]!
  }

  suffix(rank: number): number {
    return this.suffixes[rank]!
  }
}

function bucketsOf(symbols: Symbols): Int32Array {
  let highest = 0
  for (let i = 0; i < symbols.length; i++) if (symbols[i]! > highest) highest = symbols[i]!
  const buckets = new Int32Array(highest + 2)
  for (let i = 0; i < symbols.length; i++) buckets[symbols[i]! + 1]!++
  for (let symbol = 0; symbol <= highest; symbol++) buckets[symbol + 1]! += buckets[symbol]!
  return buckets
}

function highestToken(tokens: ArrayLike<number>, document: number): number {
  let highest = -1
  for (let k = 0; k < tokens.length; k++) {
    const token = tokens[k]!
    if (!Number.isInteger(token) || token < 0 || token > MAX_TOKEN) throw notAToken(token, document, k)
    if (token > highest) highest = token
  }
  return highest
}

function notAToken(token: number, document: number, position: number): AttributionOracleError {
  const where = `document ${document}, position ${position}`
  const expected = `a whole number from 0 to ${MAX_TOKEN}`
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `A token of ${where} is none`, got: String(token), expected, fix: 'Tokenize it again' },
    { argument: where, got: String(token), expected },
  )
}
