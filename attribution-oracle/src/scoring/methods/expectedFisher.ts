import type { LayerCapture } from '../capture'
import { type Linear, padded } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, whole } from '../linear/multiply'
import { inBasis, type LayerBasis } from './basis'
import { eachBlock, featureSize } from './features'

/** Numbers of a block of symmetric products. */
const BLOCK = 1 << 22

/**
 * E[g gᵀ] of one layer's features over samples and Fisher rows: [featureSize, featureSize], lower triangle.
 * At one position a sample's K rows share its input, so that its part is (Σ_k d_k d_kᵀ) ⊗ (a aᵀ): one product of the
 * two sides' symmetric products over the samples, whatever K is.
 */
export function expectedFisher(
  linear: Linear,
  rows: readonly LayerCapture[],
  basis: LayerBasis,
  count: number,
): Matrix {
  const size = featureSize(basis)
  const fisher = linear.zeros(size, size)
  if (rows[0]!.positions === 1) addKronecker(linear, fisher, rows, basis, count)
  else
    for (const row of rows)
      eachBlock(linear, row, basis, count, features => {
        addProduct(linear, whole(fisher), columnsOf(features), columnsOf(features), { lower: true })
      })
  fisher.divide(count)
  return fisher
}

function addKronecker(
  linear: Linear,
  fisher: Matrix,
  rows: readonly LayerCapture[],
  basis: LayerBasis,
  count: number,
): void {
  const [inputs, outputs] = [basis.inputs.size, basis.gradients.size]
  linear.scope(() => {
    const products = linear.zeros(pairs(outputs), pairs(inputs))
    const most = Math.max(1, Math.floor(BLOCK / (pairs(inputs) + pairs(outputs))))
    for (let first = 0; first < count; first += most) {
      linear.scope(() => {
        const window = { positions: 1, first, count: Math.min(most, count - first) }
        const left = linear.zeros(window.count, pairs(outputs))
        const right = linear.zeros(window.count, pairs(inputs))
        for (const row of rows)
          linear.scope(() => addSquares(left, inBasis(linear, basis.gradients, row.gradients, window)))
        linear.scope(() => addSquares(right, inBasis(linear, basis.inputs, rows[0]!.inputs, window)))
        addProduct(linear, whole(products), columnsOf(left), columnsOf(right))
      })
    }
    spread(fisher, products, { inputs, outputs })
  })
}

function pairs(size: number): number {
  return (size * (size + 1)) / 2
}

/** target[i] += the lower triangle of v_i v_iᵀ, row by row. */
function addSquares(target: Matrix, vectors: Matrix): void {
  const { data, stride, columns } = vectors
  const squares = target.data
  for (let row = 0; row < vectors.rows; row++) {
    const v = row * stride
    let at = row * target.stride
    for (let i = 0; i < columns; i++) {
      const vi = data[v + i]!
      for (let j = 0; j <= i; j++) squares[at++]! += vi * data[v + j]!
    }
  }
}

/** From pairs of outputs by pairs of inputs to the lower triangle over (output, input). */
function spread(fisher: Matrix, products: Matrix, o: { inputs: number; outputs: number }): void {
  const width = padded(o.inputs)
  const { data, stride } = fisher
  const from = products.data
  for (let p = 0; p < o.outputs; p++) {
    for (let q = 0; q <= p; q++) {
      const source = (pairs(p) + q) * products.stride
      for (let i = 0; i < o.inputs; i++) {
        const at = (p * width + i) * stride + q * width
        for (let j = 0; j < o.inputs; j++) {
          const pair = i >= j ? pairs(i) + j : pairs(j) + i
          data[at + j] = from[source + pair]!
        }
      }
    }
  }
}

/** The mean of a block's eigenvalues: its trace over its true number of dimensions. */
export function meanEigenvalue(fisher: Matrix, basis: LayerBasis): number {
  const { data, stride, rows } = fisher
  let trace = 0
  for (let index = 0; index < rows; index++) trace += data[index * stride + index]!
  return trace / (basis.inputs.size * basis.gradients.size)
}
