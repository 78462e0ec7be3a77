import type { ScoreMatrix } from '../../../attribution-oracle/src/scoring/capture'

/** How rows' scores become an institute's. */
export const AGGREGATES = ['sum', 'mean', 'best row'] as const
export type Aggregate = (typeof AGGREGATES)[number]

/**
 * @param scores rows x questions
 * @returns [question][institute]
 */
export function byInstitute(
  { rows, columns, data }: ScoreMatrix,
  owners: readonly number[],
  institutes: number,
  aggregate: Aggregate,
): number[][] {
  const empty = aggregate === 'best row' ? -Infinity : 0
  const counts = new Array<number>(institutes).fill(0)
  for (const owner of owners) counts[owner]!++
  return Array.from({ length: columns }, (_, question) => {
    const scores = new Array<number>(institutes).fill(empty)
    for (let row = 0; row < rows; row++) {
      const owner = owners[row]!
      const score = data[row * columns + question]!
      if (aggregate === 'best row') scores[owner] = Math.max(scores[owner]!, score)
      else scores[owner]! += aggregate === 'mean' ? score / counts[owner]! : score
    }
    return scores
  })
}

/** For each question whether the institute that wrote the answer is strictly ahead of all others. */
export function ranksFirst(scores: readonly (readonly number[])[], gold: readonly number[]): boolean[] {
  return scores.map((row, question) => {
    const own = row[gold[question]!]!
    return row.every((score, institute) => institute === gold[question] || score < own)
  })
}

export function share(hits: readonly boolean[]): number {
  return hits.filter(hit => hit).length / Math.max(1, hits.length)
}
