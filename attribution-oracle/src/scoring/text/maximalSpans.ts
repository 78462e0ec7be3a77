import { repeats } from './repeats'

export interface TokenSpan {
  readonly start: number
  readonly length: number
}

/**
 * The parts of a response, at least `minLength` long, that `longest` finds and that cannot be extended on either side;
 * what the response says twice is found once. A longest match that ends where that of the position before ends lies
 * inside it; ends never go back, as a match without its first symbol is a match.
 *
 * @param longest the length of the longest match that begins at a position
 */
export function maximalSpans(
  response: Int32Array,
  minLength: number,
  longest: (from: number) => number,
): TokenSpan[] {
  const spans: TokenSpan[] = []
  const said = repeats(response)
  let reached = 0
  for (let start = 0; start + minLength <= response.length; start++) {
    const length = longest(start)
    if (start + length <= reached) continue
    reached = start + length
    if (length >= minLength && length > said[start]!) spans.push({ start, length })
  }
  return spans
}
