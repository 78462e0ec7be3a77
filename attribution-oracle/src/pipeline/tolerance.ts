import type { EpochTables, Row } from '../domain'
import { compareRows, compareValue, type Difference } from './difference'

/** The tables with floats in them, or made of floats. */
export type FloatTables = Pick<EpochTables, 'screening' | 'scores' | 'weights'>

/** A number of one contribution in one pool. */
interface Entry {
  poolId: bigint
  contributionId: bigint
}

/**
 * Where posted floats differ from ours by more than honest machines do. Neural scores depend in their last bits on the
 * hardware, so they are compared with a tolerance: all of a pool together may be off by so many parts per million of it.
 * Whatever follows from the floats is integer and compared exactly elsewhere.
 */
export function compareFloats(
  got: FloatTables,
  expected: FloatTables,
  tolerancePpm: number,
): Record<keyof FloatTables, Difference[]> {
  return {
    screening: compareScreening(got.screening, expected.screening, tolerancePpm),
    scores: compareScores(got.scores, expected.scores, tolerancePpm),
    weights: compareWeights(got.weights, expected.weights, acceptedIds(expected.screening), tolerancePpm),
  }
}

/** Decisions are exact, novelty has the tolerance, and the sentence behind a decision is for people alone. */
export function compareScreening(
  got: readonly Row<'screening'>[],
  expected: readonly Row<'screening'>[],
  tolerancePpm: number,
): Difference[] {
  const decided = (rows: readonly Row<'screening'>[]): unknown[] =>
    rows.map(({ novelty: _, detail: __, ...decision }) => decision)
  const lies = compareRows('screening', decided(got), decided(expected))
  if (lies.length > 0) return lies
  const position = got.findIndex(
    ({ novelty }, i) => Math.abs(novelty - expected[i]!.novelty) > tolerancePpm / 1e6,
  )
  if (position < 0) return []
  const [a, b] = [got[position]!, expected[position]!]
  return [{ part: 'screening', position, got: `novelty ${a.novelty}`, expected: `novelty ${b.novelty}` }]
}

export function compareScores(
  got: readonly Row<'scores'>[],
  expected: readonly Row<'scores'>[],
  tolerancePpm: number,
): Difference[] {
  const lies = compareRows('scores', got.map(nameOf), expected.map(nameOf))
  if (lies.length > 0) return lies
  for (const [poolId, rows] of byPool(expected)) {
    const posted = got.filter(row => row.poolId === poolId)
    for (const column of ['score', 'value', 'error'] as const) {
      const size = rows.reduce((sum, row) => sum + Math.abs(row[column] ?? 0), 0)
      const distance = rows.reduce(
        (sum, row, i) => sum + Math.abs((posted[i]![column] ?? 0) - (row[column] ?? 0)),
        0,
      )
      if (distance > (size * tolerancePpm) / 1e6)
        return [tooFar('scores', poolId, String(distance), String((size * tolerancePpm) / 1e6))]
    }
  }
  return []
}

/** @param accepted the contributions that we accept: nothing else may have a weight */
export function compareWeights(
  got: readonly Row<'weights'>[],
  expected: readonly Row<'weights'>[],
  accepted: ReadonlySet<bigint>,
  tolerancePpm: number,
): Difference[] {
  const position = got.findIndex((row, i) => !accepted.has(row.contributionId) || !follows(row, got[i - 1]))
  if (position >= 0) {
    const { weight, ...entry } = got[position]!
    const rule = 'weights above 0 of accepted contributions only, each once and in order'
    return [{ part: 'weights', position, got: `${nameOf(entry)}: ${weight}`, expected: rule }]
  }
  const [posted, own] = [byPool(got), byPool(expected)]
  for (const poolId of new Set([...posted.keys(), ...own.keys()])) {
    const [theirs, ours] = [weightsOf(posted.get(poolId)), weightsOf(own.get(poolId))]
    const [total, ownTotal] = [sum(theirs.values()), sum(ours.values())]
    if (total !== ownTotal)
      return compareValue('weights', `pool ${poolId}: ${total}`, `pool ${poolId}: ${ownTotal}`)
    const ids = new Set([...theirs.keys(), ...ours.keys()])
    const distance = sum([...ids].map(id => distanceOf(theirs.get(id) ?? 0n, ours.get(id) ?? 0n)))
    const allowed = (ownTotal * BigInt(tolerancePpm)) / 1_000_000n
    if (distance > allowed) return [tooFar('weights', poolId, String(distance), String(allowed))]
  }
  return []
}

export function acceptedIds(screening: readonly Row<'screening'>[]): Set<bigint> {
  return new Set(screening.filter(({ verdict }) => verdict === 'accepted').map(({ id }) => id))
}

function tooFar(part: string, poolId: bigint, distance: string, allowed: string): Difference {
  return {
    part,
    got: `pool ${poolId}: ${distance} away from ours in sum`,
    expected: `at most ${allowed}`,
  }
}

function follows({ poolId, contributionId, weight }: Row<'weights'>, before: Entry | undefined): boolean {
  if (weight === 0n) return false
  if (!before || before.poolId < poolId) return true
  return before.poolId === poolId && before.contributionId < contributionId
}

function nameOf({ poolId, contributionId }: Entry): string {
  return `pool ${poolId}, contribution ${contributionId}`
}

function byPool<E extends Entry>(rows: readonly E[]): Map<bigint, E[]> {
  const pools = new Map<bigint, E[]>()
  for (const row of rows) {
    const pool = pools.get(row.poolId)
    if (pool) pool.push(row)
    else pools.set(row.poolId, [row])
  }
  return pools
}

function weightsOf(rows: readonly Row<'weights'>[] = []): Map<bigint, bigint> {
  return new Map(rows.map(({ contributionId, weight }) => [contributionId, weight]))
}

function distanceOf(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}

function sum(values: Iterable<bigint>): bigint {
  let total = 0n
  for (const value of values) total += value
  return total
}
