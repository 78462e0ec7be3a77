import { AttributionOracleError } from '../../errors'
import { sortSuffixes, type Symbols } from './inducedSorting'

const MAX_LENGTH = 2 ** 31 - 1

/**
 * The positions of `tokens` in the order of their suffixes, a suffix that is a prefix of another before it. Any
 * alphabet: one that is wide for its text is made dense first, which costs one sort of the distinct tokens.
 *
 * @throws INVALID_ARGUMENT more than 2^31 - 1 tokens
 */
export function buildSuffixArray(tokens: Uint8Array | Uint16Array | Uint32Array): Int32Array {
  if (tokens.length > MAX_LENGTH)
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: 'A suffix array covers one shard', got: `${tokens.length} tokens`, fix: 'Split the text' },
      { argument: 'tokens', got: `${tokens.length} tokens`, expected: `at most ${MAX_LENGTH}` },
    )
  const suffixes = new Int32Array(tokens.length)
  const { symbols, alphabet } = narrow(tokens)
  sortSuffixes(symbols, suffixes, alphabet)
  return suffixes
}

function narrow(tokens: Uint8Array | Uint16Array | Uint32Array): { symbols: Symbols; alphabet: number } {
  let highest = 0
  for (let i = 0; i < tokens.length; i++) if (tokens[i]! > highest) highest = tokens[i]!
  if (highest > 0xffff && highest > 2 * tokens.length) return dense(tokens)
  if (highest > 0xffff) return { symbols: Int32Array.from(tokens), alphabet: highest + 1 }
  const symbols = tokens instanceof Uint16Array ? tokens : Uint16Array.from(tokens)
  return { symbols, alphabet: highest + 1 }
}

/** Tokens as their ranks among the distinct ones. */
function dense(tokens: ArrayLike<number>): { symbols: Symbols; alphabet: number } {
  const distinct = [...new Set(Array.from(tokens))].sort((a, b) => a - b)
  const rank = new Map(distinct.map((token, i) => [token, i]))
  return { symbols: Int32Array.from(tokens, token => rank.get(token)!), alphabet: distinct.length }
}
