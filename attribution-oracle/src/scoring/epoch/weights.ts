import { AttributionOracleError } from '../../errors'

/** Every pool's weights sum to exactly this. */
export const TOTAL_WEIGHT = 1_000_000_000n
/** Scores become integers of at most 52 bits, which a float64 holds exactly. */
const SCALE = 2 ** 52

/**
 * The one door where floats stop: scores to integer weights of exactly TOTAL_WEIGHT by largest remainder.
 * Negative scores count as zero; ties go to the lower id; ids that get nothing are absent.
 * @returns an empty map when no score is positive
 * @throws AttributionOracleError INVALID_ARGUMENT for a score that is not finite
 */
export function toWeights(scores: ReadonlyMap<bigint, number>): Map<bigint, bigint> {
  const positive = [...scores]
    .filter(([id, score]) => isPayable(id, score))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const largest = positive.reduce((most, [, score]) => Math.max(most, score), 0)
  const integers = positive.map(([id, score]) => ({
    id,
    score: BigInt(Math.floor((score / largest) * SCALE)),
  }))
  const sum = integers.reduce((total, { score }) => total + score, 0n)
  if (sum === 0n) return new Map()

  const shares = integers.map(({ id, score }) => {
    const exact = score * TOTAL_WEIGHT
    return { id, weight: exact / sum, remainder: exact % sum }
  })
  let left = TOTAL_WEIGHT - shares.reduce((total, { weight }) => total + weight, 0n)
  const byRemainder = [...shares].sort((a, b) =>
    a.remainder === b.remainder ? (a.id < b.id ? -1 : 1) : a.remainder > b.remainder ? -1 : 1,
  )
  for (const share of byRemainder) {
    if (left === 0n) break
    share.weight++
    left--
  }
  return new Map(shares.filter(({ weight }) => weight > 0n).map(({ id, weight }) => [id, weight]))
}

function isPayable(id: bigint, score: number): boolean {
  if (!Number.isFinite(score)) {
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: `the score of contribution ${id} is not a finite number`, got: String(score) },
      { argument: 'scores', got: String(score), expected: 'a finite number' },
    )
  }
  return score > 0
}
