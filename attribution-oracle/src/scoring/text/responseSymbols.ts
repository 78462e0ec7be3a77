import { AttributionOracleError } from '../../errors'

/** Tokens as the symbols of a shard. @throws INVALID_ARGUMENT a token that is no whole number from 0 to 2^31 - 2 */
export function responseSymbols(tokens: ArrayLike<number>): Int32Array {
  const symbols = new Int32Array(tokens.length)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (!Number.isInteger(token) || token < 0 || token >= 2 ** 31 - 1) throw notAToken(token, i)
    symbols[i] = token + 1
  }
  return symbols
}

function notAToken(token: number, position: number): AttributionOracleError {
  const got = `${token} at position ${position}`
  const expected = 'a whole number from 0 to 2^31 - 2'
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'A response holds what is no token', got, expected, fix: 'Tokenize it again' },
    { argument: 'response', got, expected },
  )
}
