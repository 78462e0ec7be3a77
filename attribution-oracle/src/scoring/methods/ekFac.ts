import type { LayerCapture } from '../capture'
import { symmetricEigen } from '../linear/eigen'
import type { Linear } from '../linear/linear'
import { padded } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, product, rowsOf, whole } from '../linear/multiply'
import { inBasis, type LayerBasis } from './basis'
import { methodOf, relativeDamping } from './blockMethod'
import { eachBlock } from './features'
import { addRows } from './fisherBlock'
import { layerRows } from './fisherRows'
import { queryFeatures } from './rightSides'

/** Positions whose products are summed at once. */
const ROWS = 8192
/** λ for sequences, best in the mean of three language models; the corrected eigenvalues are sharp where tokens are many. */
const SEQUENCES = '0.01'

/**
 * EK-FAC (George et al. 2018; Grosse et al., arXiv 2308.03296): per layer the eigenbases of E[aaᵀ] and E[ddᵀ], and in
 * them the second moments Λ = E[(Q_Sᵀ g Q_A)²] of the per-sample gradients, from expected Fisher rows. λ is a multiple
 * of the mean of Λ.
 */
export const ekFac = methodOf('ek-fac', ({ settings, fisher }) => {
  const multiple = relativeDamping(settings, fisher.kind === 'sampled' ? SEQUENCES : undefined)
  return {
    score(linear, problem, layer, question, scores) {
      const space = openSpace(linear, layerRows(problem.fisher, layer), problem.fisher.count, multiple)
      if (!space) return
      const queries = queryFeatures(
        linear,
        question.capture.layers[layer]!,
        space.basis,
        question,
        scores.columns,
      )
      queries.scaleColumns(space.inverse)
      const { train } = problem
      eachBlock(linear, train.layers[layer]!, space.basis, train.count, (features, first) =>
        addRows(scores, product(linear, rowsOf(features), rowsOf(queries)), first),
      )
    },
    selfInfluence(linear, problem, layer, self) {
      const space = openSpace(linear, layerRows(problem.fisher, layer), problem.fisher.count, multiple)
      if (!space) return
      const { train } = problem
      eachBlock(linear, train.layers[layer]!, space.basis, train.count, (features, first) => {
        const { data, stride, columns } = features
        for (let i = 0; i < features.rows; i++)
          for (let k = 0; k < columns; k++) {
            const entry = data[i * stride + k]!
            self[first + i]! += entry * entry * space.inverse[k]!
          }
      })
    },
  }
})

interface Space {
  readonly basis: LayerBasis
  /** 1 / (Λ + λ), in the order of features, padding included */
  readonly inverse: Float64Array
}

function openSpace(
  linear: Linear,
  rows: readonly LayerCapture[],
  count: number,
  multiple: number,
): Space | undefined {
  const { inWidth, outWidth, positions } = rows[0]!
  const basis = {
    inputs: eigenbasis(linear, [rows[0]!.inputs], inWidth),
    gradients: eigenbasis(
      linear,
      rows.map(row => row.gradients),
      outWidth,
    ),
  }
  const moments =
    positions === 1
      ? momentsAtOnePosition(linear, rows, basis, count)
      : momentsOfSums(linear, rows, basis, count)
  let total = 0
  for (const moment of moments) total += moment
  const lambda = (multiple * total) / (inWidth * outWidth)
  return lambda > 0 ? { basis, inverse: moments.map(moment => 1 / (moment + lambda)) } : undefined
}

/** Eigenvectors of Σ v vᵀ as columns. */
function eigenbasis(
  linear: Linear,
  sides: readonly Float32Array[],
  width: number,
): { width: number; size: number; matrix: Float64Array } {
  const covariance = linear.scope(() => {
    const sums = linear.zeros(width, width)
    for (const side of sides) {
      const rows = side.length / width
      for (let row = 0; row < rows; row += ROWS)
        linear.scope(() => {
          const part = linear.matrix(side, Math.min(ROWS, rows - row), width, row * width)
          addProduct(linear, whole(sums), columnsOf(part), columnsOf(part), { lower: true })
        })
    }
    return sums.toArray()
  })
  const { vectors } = symmetricEigen(covariance, width)
  const matrix = new Float64Array(width * width)
  for (let row = 0; row < width; row++)
    for (let column = 0; column < width; column++)
      matrix[column * width + row] = vectors[row * width + column]!
  return { width, size: width, matrix }
}

/** Σ_rows (d Q_S)²ᵀ (a Q_A)² / n: at one position a gradient is the product of its sides, and so is its square. */
function momentsAtOnePosition(
  linear: Linear,
  rows: readonly LayerCapture[],
  basis: LayerBasis,
  count: number,
): Float64Array {
  const width = padded(basis.inputs.size)
  return linear.scope(() => {
    const moments = linear.zeros(padded(basis.gradients.size), width)
    for (let first = 0; first < count; first += ROWS) {
      linear.scope(() => {
        const window = { positions: 1, first, count: Math.min(ROWS, count - first) }
        const inputs = squared(inBasis(linear, basis.inputs, rows[0]!.inputs, window))
        const squares = linear.zeros(window.count, basis.gradients.size)
        for (const row of rows)
          linear.scope(() => addTo(squares, squared(inBasis(linear, basis.gradients, row.gradients, window))))
        addProduct(linear, whole(moments), columnsOf(squares), columnsOf(inputs))
      })
    }
    return moments.data.slice(0, padded(basis.gradients.size) * width).map(sum => sum / count)
  })
}

function momentsOfSums(
  linear: Linear,
  rows: readonly LayerCapture[],
  basis: LayerBasis,
  count: number,
): Float64Array {
  const moments = new Float64Array(padded(basis.inputs.size) * padded(basis.gradients.size))
  for (const row of rows)
    eachBlock(linear, row, basis, count, ({ data, stride, rows: samples }) => {
      for (let i = 0; i < samples; i++)
        for (let k = 0; k < stride; k++) {
          const entry = data[i * stride + k]!
          moments[k]! += entry * entry
        }
    })
  return moments.map(sum => sum / count)
}

function squared(matrix: Matrix): Matrix {
  const { data } = matrix
  for (let index = 0; index < data.length; index++) data[index]! *= data[index]!
  return matrix
}

function addTo(target: Matrix, part: Matrix): void {
  const [into, from] = [target.data, part.data]
  for (let index = 0; index < into.length; index++) into[index]! += from[index]!
}
