import type { ScoreMatrix } from '../capture'
import { refused } from './readSettings'

/** Below this share of its mean a column's spread is rounding. */
const FLAT = 1e-12

/**
 * Usage over checkpoints: every column, divided by its standard deviation over the training samples, summed. A query
 * that no sample moves keeps zeros. `weights` are the checkpoints' shares, 1 each by default.
 */
export function combineUsage(matrices: readonly ScoreMatrix[], weights?: readonly number[]): ScoreMatrix {
  const first = matrices[0]
  if (!first) throw refused('checkpoints', 'none', 'at least one')
  const total = { rows: first.rows, columns: first.columns, data: new Float64Array(first.data.length) }
  matrices.forEach((matrix, index) => addUsage(total, matrix, weights?.[index] ?? 1))
  return total
}

/** The same one matrix at a time, for callers that do not want to keep them all. */
export function addUsage(total: ScoreMatrix, scores: ScoreMatrix, weight = 1): void {
  if (total.rows !== scores.rows || total.columns !== scores.columns)
    throw refused('scores', `${scores.rows} x ${scores.columns}`, `${total.rows} x ${total.columns}`)
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
