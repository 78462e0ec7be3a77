import { timesTransposed } from './matMul'
import { mean } from './rank'
import { column, type Matrix } from './scorer'

// What others do, for the table only: nothing of it is in the product.

/** Gradients of one checkpoint, a row per sample. */
export interface Gradients {
  readonly train: Matrix
  readonly query: Matrix
}

/** Charpiat et al. 2019; summed over checkpoints it is TracInCP (Pruthi et al. 2020). */
export const gradDot = ({ train, query }: Gradients): Promise<Matrix> => timesTransposed(train, query)

/**
 * TRAK (Park et al., arXiv 2303.14186): projected margin gradients, the empirical kernel, one model.
 * @param ridge added to the diagonal, as a multiple of its mean; the published default is 0
 * @param doubt 1 - p of each training row
 */
export async function trak({ train, query }: Gradients, projection: Matrix, ridge: number): Promise<Matrix> {
  const features = await timesTransposed(train, projection)
  const targets = await timesTransposed(query, projection)
  const k = features.columns
  const kernel = Float64Array.from((await timesTransposed(transposed(features), transposed(features))).data)
  let trace = 0
  for (let i = 0; i < k; i++) trace += kernel[i * k + i]!
  for (let i = 0; i < k; i++) kernel[i * k + i]! += (ridge * trace) / k
  const solved = solveSymmetric(kernel, k, targets)
  return timesTransposed(features, solved)
}

/** Cosine of centred representations. */
export async function cosine(train: Matrix, query: Matrix): Promise<Matrix> {
  const centre = Float64Array.from({ length: train.columns }, (_, c) => mean(column(train, c)))
  return timesTransposed(unitRows(train, centre), unitRows(query, centre))
}

/** KNN-Shapley (Jia et al. 2019), K neighbours, per query. */
export function knnShapley(
  train: Matrix,
  labels: ArrayLike<number>,
  query: Matrix,
  queryLabels: ArrayLike<number>,
  neighbours = 5,
): Matrix {
  const n = train.rows
  const data = new Float64Array(n * query.rows)
  for (let q = 0; q < query.rows; q++) {
    const distance = Float64Array.from({ length: n }, (_, i) => squaredDistance(train, i, query, q))
    const order = [...distance.keys()].sort((a, b) => distance[a]! - distance[b]!)
    const match = order.map(i => (labels[i] === queryLabels[q] ? 1 : 0))
    let value = match[n - 1]! / n
    data[order[n - 1]! * query.rows + q] = value
    for (let i = n - 2; i >= 0; i--) {
      value += (((match[i]! - match[i + 1]!) / neighbours) * Math.min(neighbours, i + 1)) / (i + 1)
      data[order[i]! * query.rows + q] = value
    }
  }
  return { rows: n, columns: query.rows, data }
}

export function transposed({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < columns; c++) turned[c * rows + row] = data[row * columns + c]!
  return { rows: columns, columns: rows, data: turned }
}

function unitRows({ rows, columns, data }: Matrix, centre: Float64Array): Matrix {
  const unit = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    let square = 0
    for (let c = 0; c < columns; c++) square += (data[row * columns + c]! - centre[c]!) ** 2
    const norm = Math.sqrt(square) || 1
    for (let c = 0; c < columns; c++) unit[row * columns + c] = (data[row * columns + c]! - centre[c]!) / norm
  }
  return { rows, columns, data: unit }
}

function squaredDistance(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0
  for (let c = 0; c < a.columns; c++) sum += (a.data[i * a.columns + c]! - b.data[j * b.columns + c]!) ** 2
  return sum
}

/** X with kernel·Xᵀ = rightᵀ, row by row, by Cholesky; a vanishing pivot counts as no direction. */
function solveSymmetric(kernel: Float64Array, k: number, right: Matrix): Matrix {
  const factor = Float64Array.from(kernel)
  for (let j = 0; j < k; j++) {
    for (let p = 0; p < j; p++) {
      const held = factor[j * k + p]!
      for (let i = j; i < k; i++) factor[i * k + j]! -= factor[i * k + p]! * held
    }
    const pivot = factor[j * k + j]!
    const root = pivot > 1e-12 * kernel[j * k + j]! ? Math.sqrt(pivot) : Infinity
    for (let i = j; i < k; i++) factor[i * k + j]! /= root
    if (root === Infinity) factor[j * k + j] = Infinity
  }
  const data = Float64Array.from(right.data)
  for (let row = 0; row < right.rows; row++) {
    const x = data.subarray(row * k, (row + 1) * k)
    for (let i = 0; i < k; i++) {
      let sum = x[i]!
      for (let j = 0; j < i; j++) sum -= factor[i * k + j]! * x[j]!
      x[i] = sum / factor[i * k + i]!
    }
    for (let i = k - 1; i >= 0; i--) {
      let sum = x[i]!
      for (let j = i + 1; j < k; j++) sum -= factor[j * k + i]! * x[j]!
      x[i] = sum / factor[i * k + i]!
    }
  }
  return { rows: right.rows, columns: k, data }
}
