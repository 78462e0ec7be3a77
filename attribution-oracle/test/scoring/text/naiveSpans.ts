/** Spans and matches by trying everything: what the index is held against. */
export interface NaiveDocument {
  readonly tokens: readonly number[]
  readonly cluster: number
}

export interface NaiveSpan {
  readonly start: number
  readonly length: number
  readonly clusters: number[]
}

export function naiveSpans(
  documents: readonly NaiveDocument[],
  response: number[],
  minLength: number,
): NaiveSpan[] {
  const spans: NaiveSpan[] = []
  const held = (start: number, end: number): number[] => {
    const part = response.slice(start, end)
    const holding = documents.filter(({ tokens }) => contains(tokens, part)).map(({ cluster }) => cluster)
    return [...new Set(holding)].sort((a, b) => a - b)
  }
  for (let start = 0; start < response.length; start++) {
    for (let end = start + minLength; end <= response.length; end++) {
      const clusters = held(start, end)
      const extends_ =
        (start > 0 && held(start - 1, end).length > 0) ||
        (end < response.length && held(start, end + 1).length > 0)
      const said = contains(response.slice(0, end - 1), response.slice(start, end))
      if (clusters.length > 0 && !extends_ && !said) spans.push({ start, length: end - start, clusters })
    }
  }
  return spans
}

/** The weight by its formula, with the engine's own logarithm. */
export function naiveWeight(documents: readonly NaiveDocument[], part: readonly number[]): number {
  const all = documents.flatMap(({ tokens }) => tokens)
  const surprisal = part.map(token => -Math.log(all.filter(other => other === token).length / all.length))
  return surprisal.reduce((sum, nats) => sum + nats, 0) * (part.length / 8) ** 2
}

function contains(tokens: readonly number[], part: readonly number[]): boolean {
  return tokens.some((_, at) => part.every((token, i) => tokens[at + i] === token))
}
