import type { ScoreMatrix } from '../capture'
import { refused } from './readSettings'

/** Below this share of its mean a column's spread is rounding. */
const FLAT = 1e-12

/** Fewer say nothing of their own spread. */
const LEAST_TO_SHRINK = 3

/**
 * Usage over checkpoints, one matrix at a time: every column, divided by its standard deviation over the training samples,
 * summed; a query that no sample moves keeps zeros. From three checkpoints on, every score m is shrunk by how far the checkpoints agree on it, to m · m² / (m² + s²), s its standard error over them (the positive
 * part of an empirical Bayes estimate with prior mean 0; James and Stein 1961). What all runs see stays as it is, what one
 * of them saw by chance goes. The factor has no unit: a row that is split or scaled keeps it.
 */
export class UsageTotal {
  private readonly squares: Float64Array
  private readonly sums: ScoreMatrix
  private count = 0

  constructor({ rows, columns, data }: ScoreMatrix) {
    this.sums = { rows, columns, data: new Float64Array(data.length) }
    this.squares = new Float64Array(data.length)
  }

  add(scores: ScoreMatrix): void {
    sameSize(this.sums, scores)
    // one row has no spread to be measured by
    const spreads = scores.rows > 1 ? columnSpreads(scores) : new Float64Array(scores.columns).fill(1)
    const { data } = this.sums
    for (let at = 0; at < data.length; at++) {
      const spread = spreads[at % scores.columns]!
      const score = spread > 0 ? scores.data[at]! / spread : 0
      data[at]! += score
      this.squares[at]! += score * score
    }
    this.count++
  }

  scores(): ScoreMatrix {
    const { count, squares, sums } = this
    if (count < LEAST_TO_SHRINK) return sums
    return {
      ...sums,
      data: sums.data.map((sum, at) => {
        const square = (sum * sum) / count
        const error = Math.max(0, squares[at]! - square) / (count - 1)
        return square > 0 ? (sum * square) / (square + error) : 0
      }),
    }
  }
}

/** The same of matrices that are all there. */
export function combineUsage(matrices: readonly ScoreMatrix[]): ScoreMatrix {
  const first = matrices[0]
  if (!first) throw refused('checkpoints', 'none', 'at least one')
  const total = new UsageTotal(first)
  for (const matrix of matrices) total.add(matrix)
  return total.scores()
}

/** Adds every column at unit spread, times the weight. */
export function addUsage(total: ScoreMatrix, scores: ScoreMatrix, weight = 1): void {
  sameSize(total, scores)
  const spreads = columnSpreads(scores)
  for (let row = 0; row < scores.rows; row++) {
    for (let column = 0; column < scores.columns; column++) {
      const spread = spreads[column]!
      if (spread > 0) {
        const at = row * scores.columns + column
        total.data[at]! += (weight * scores.data[at]!) / spread
      }
    }
  }
}

function sameSize(total: ScoreMatrix, scores: ScoreMatrix): void {
  if (total.rows !== scores.rows || total.columns !== scores.columns)
    throw refused('scores', `${scores.rows} x ${scores.columns}`, `${total.rows} x ${total.columns}`)
}

/**
 * Standard deviation of every column; 0 where it is nothing beside the column's mean. Deviations are taken relative to
 * the column's largest entry, so that squares of the tiny scores of a certain model do not underflow.
 */
export function columnSpreads({ rows, columns, data }: ScoreMatrix): Float64Array {
  const peaks = new Float64Array(columns)
  const means = new Float64Array(columns)
  const squares = new Float64Array(columns)
  const each = (use: (entry: number, column: number) => void): void => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) use(data[row * columns + column]!, column)
  }
  each((entry, column) => (peaks[column] = Math.max(peaks[column]!, Math.abs(entry))))
  for (let column = 0; column < columns; column++) peaks[column] ||= 1
  each((entry, column) => (means[column]! += entry / peaks[column]! / rows))
  each((entry, column) => {
    const apart = entry / peaks[column]! - means[column]!
    squares[column]! += apart * apart
  })
  return squares.map((square, column) => {
    const spread = Math.sqrt(square / rows)
    return spread > FLAT * Math.abs(means[column]!) ? spread * peaks[column]! : 0
  })
}
