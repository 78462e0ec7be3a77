import type { Row } from '../domain'
import type { Difference } from './difference'

type Weight = Row<'weights'>

/**
 * The first weight that differs from ours by more than honest machines do. Neural scores are floats and their last bits
 * depend on the hardware, so weights are compared with a tolerance, in parts per million of the pool; everything that
 * follows from the weights is integer and compared exactly.
 */
export function compareWeights(
  got: readonly Weight[],
  expected: readonly Weight[],
  tolerancePpm: number,
): Difference[] {
  const [posted, own] = [byKey(got), byKey(expected)]
  const totals = new Map<bigint, bigint>()
  for (const { poolId, weight } of expected) totals.set(poolId, (totals.get(poolId) ?? 0n) + weight)
  for (const [position, { poolId, contributionId }] of [...got, ...expected].entries()) {
    const key = `pool ${poolId}, contribution ${contributionId}`
    const [a, b] = [posted.get(key) ?? 0n, own.get(key) ?? 0n]
    const allowed = ((totals.get(poolId) ?? 0n) * BigInt(tolerancePpm)) / 1_000_000n
    const difference = a > b ? a - b : b - a
    if (difference > allowed) {
      const row = position < got.length ? position : position - got.length
      return [{ part: 'weights', position: row, got: `${key}: ${a}`, expected: `${key}: ${b}` }]
    }
  }
  return []
}

function byKey(rows: readonly Weight[]): Map<string, bigint> {
  return new Map(rows.map(row => [`pool ${row.poolId}, contribution ${row.contributionId}`, row.weight]))
}
