import type { LayerCapture } from '../capture'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import type { LayerBasis } from './basis'
import type { LayerQuestion } from './blockProblem'
import { eachBlock, featureSize } from './features'

/**
 * The queries' features as rows, times their shares: [n_query, featureSize]; or, for a question of one column, the sum
 * of them: [1, featureSize].
 */
export function queryFeatures(
  linear: Linear,
  layer: LayerCapture,
  basis: LayerBasis,
  { capture, shares }: LayerQuestion,
  columns: number,
): Matrix {
  const rows = linear.zeros(columns, featureSize(basis))
  eachBlock(linear, layer, basis, capture.count, (features, first) => {
    features.scaleRows(shares.subarray(first, first + features.rows))
    const [from, into] = [features.data, rows.data]
    const width = rows.stride
    for (let sample = 0; sample < features.rows; sample++) {
      const to = columns === 1 ? 0 : (first + sample) * width
      for (let k = 0; k < width; k++) into[to + k]! += from[sample * width + k]!
    }
  })
  return rows
}

/** A transposed copy. */
export function transposed(linear: Linear, matrix: Matrix): Matrix {
  const result = linear.zeros(matrix.columns, matrix.rows)
  const [from, into] = [matrix.data, result.data]
  for (let row = 0; row < matrix.rows; row++)
    for (let column = 0; column < matrix.columns; column++)
      into[column * result.stride + row] = from[row * matrix.stride + column]!
  return result
}
