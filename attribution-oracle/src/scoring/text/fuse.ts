import { AttributionOracleError } from '../../errors'
import type { ScoreMatrix } from '../capture'

export interface FuseOptions {
  /** [rows]: the contributor of each row; the spread is then taken over contributors' sums. Absent: over rows */
  readonly groups?: ArrayLike<number>
}

/**
 * Gradient and span scores on one scale: each column of each is divided by its standard deviation, and `weight` times
 * the spans is added to the gradient part. A z-score without its shift: zero stays "did nothing", so that sums over the
 * samples of a contributor still add up, and order within a column is that of the z-scores. A column that is the same
 * everywhere tells nothing and adds 0.
 *
 * @param weight of the spans against the gradient part, from 0; what the audit chose
 * @throws INVALID_ARGUMENT matrices of different shapes, groups of another length, a weight out of range
 */
export function fuse(
  gradient: ScoreMatrix,
  spans: ScoreMatrix,
  weight: number,
  { groups }: FuseOptions = {},
): ScoreMatrix {
  const { rows, columns } = gradient
  expect('spans', spans.rows === rows && spans.columns === columns, shape(spans), shape(gradient))
  expect('groups', groups === undefined || groups.length === rows, `${groups?.length}`, `${rows} entries`)
  expect('weight', Number.isFinite(weight) && weight >= 0, String(weight), 'a finite number from 0')
  const data = new Float64Array(rows * columns)
  const gradientSpread = spreads(gradient, groups)
  const spanSpread = spreads(spans, groups)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column
      const ofGradient = gradientSpread[column]! > 0 ? gradient.data[at]! / gradientSpread[column]! : 0
      const ofSpans = spanSpread[column]! > 0 ? spans.data[at]! / spanSpread[column]! : 0
      data[at] = ofGradient + weight * ofSpans
    }
  }
  return { rows, columns, data }
}

/** The standard deviation of each column. */
function spreads(scores: ScoreMatrix, groups: ArrayLike<number> | undefined): Float64Array {
  const { rows, columns, data } = groups ? grouped(scores, groups) : scores
  const spread = new Float64Array(columns)
  for (let column = 0; column < columns; column++) {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += data[row * columns + column]!
    const mean = sum / rows
    let squares = 0
    for (let row = 0; row < rows; row++) {
      const off = data[row * columns + column]! - mean
      squares += off * off
    }
    // what rounding leaves of equal entries is no spread
    const deviation = Math.sqrt(squares / rows)
    spread[column] = deviation > 1e-14 * Math.abs(mean) ? deviation : 0
  }
  return spread
}

function grouped({ rows, columns, data }: ScoreMatrix, groups: ArrayLike<number>): ScoreMatrix {
  const ordinals = new Map<number, number>()
  for (let row = 0; row < rows; row++)
    if (!ordinals.has(groups[row]!)) ordinals.set(groups[row]!, ordinals.size)
  const sums = new Float64Array(ordinals.size * columns)
  for (let row = 0; row < rows; row++) {
    const to = ordinals.get(groups[row]!)! * columns
    for (let column = 0; column < columns; column++) sums[to + column]! += data[row * columns + column]!
  }
  return { rows: ordinals.size, columns, data: sums }
}

function shape({ rows, columns }: ScoreMatrix): string {
  return `${rows} x ${columns}`
}

function expect(argument: string, holds: boolean, got: string, expected: string): void {
  if (holds) return
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `Scores cannot be fused: ${argument} does not fit`, got, expected },
    { argument, got, expected },
  )
}
