import type { LayerCapture } from '../capture'
import { choleskyInPlace } from '../linear/cholesky'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, product, rowsOf, whole } from '../linear/multiply'
import { solveLower } from '../linear/triangular'
import { identityBasis, type LayerBasis } from './basis'
import type { BlockProblem, LayerSolver } from './blockProblem'
import { addRows } from './fisherBlock'
import { eachBlock, featureSize } from './features'
import { layerRows } from './fisherRows'
import { queryFeatures } from './rightSides'

/**
 * The exact layer block where its dimensions outnumber the Fisher rows: with B the rows of all samples over √n,
 * (BᵀB + λI)⁻¹ = (I - Bᵀ (BBᵀ + λI)⁻¹ B) / λ (Woodbury), so that only a rows x rows matrix is factored.
 */
export function woodburySolver(multiple: number): LayerSolver {
  return {
    score(linear, problem, layer, question, scores) {
      const space = openSpace(linear, problem, layer, multiple)
      if (!space) return
      const queries = queryFeatures(
        linear,
        question.capture.layers[layer]!,
        space.basis,
        question,
        scores.columns,
      )
      const seen = whitened(linear, space, queries)
      eachBlock(linear, problem.train.layers[layer]!, space.basis, problem.train.count, (features, first) => {
        const own = whitened(linear, space, features)
        const block = product(linear, rowsOf(features), rowsOf(queries))
        addProduct(linear, whole(block), columnsOf(own), columnsOf(seen), { sign: -1 })
        divide(block, space.lambda)
        addRows(scores, block, first)
      })
    },
    selfInfluence(linear, problem, layer, self) {
      const space = openSpace(linear, problem, layer, multiple)
      if (!space) return
      eachBlock(linear, problem.train.layers[layer]!, space.basis, problem.train.count, (features, first) => {
        const own = whitened(linear, space, features)
        for (let i = 0; i < features.rows; i++)
          self[first + i]! += (rowNorm(features, i) - columnNorm(own, i)) / space.lambda
      })
    },
  }
}

interface Space {
  readonly basis: LayerBasis
  readonly rows: Matrix
  /** of BBᵀ + λI */
  readonly factor: Matrix
  readonly lambda: number
}

function openSpace(
  linear: Linear,
  { fisher }: BlockProblem,
  layer: number,
  multiple: number,
): Space | undefined {
  const captures = layerRows(fisher, layer)
  const basis = identityBasis(captures[0]!)
  const rows = allRows(linear, captures, basis, fisher.count)
  const factor = linear.zeros(rows.rows, rows.rows)
  addProduct(linear, whole(factor), rowsOf(rows), rowsOf(rows), { lower: true })
  const { data, stride } = factor
  let trace = 0
  for (let index = 0; index < factor.rows; index++) trace += data[index * stride + index]!
  const lambda = (multiple * trace) / (basis.inputs.size * basis.gradients.size)
  if (!(lambda > 0)) return undefined
  for (let index = 0; index < factor.rows; index++) data[index * stride + index]! += lambda
  choleskyInPlace(linear, factor)
  return { basis, rows, factor, lambda }
}

function allRows(
  linear: Linear,
  captures: readonly LayerCapture[],
  basis: LayerBasis,
  count: number,
): Matrix {
  const rows = linear.zeros(captures.length * count, featureSize(basis))
  const root = Math.sqrt(count)
  captures.forEach((capture, row) =>
    eachBlock(linear, capture, basis, count, (features, first) => {
      divide(features, root)
      const { data } = features
      rows.data.set(data.subarray(0, features.rows * features.stride), (row * count + first) * rows.stride)
    }),
  )
  return rows
}

/** L⁻¹ B gᵀ for every row g of `features`: [Fisher rows, features]. */
function whitened(linear: Linear, { rows, factor }: Space, features: Matrix): Matrix {
  const seen = product(linear, rowsOf(rows), rowsOf(features))
  solveLower(linear, factor, seen)
  return seen
}

function divide(matrix: Matrix, by: number): void {
  const { data } = matrix
  for (let index = 0; index < data.length; index++) data[index]! /= by
}

function rowNorm({ data, stride, columns }: Matrix, row: number): number {
  let sum = 0
  for (let k = 0; k < columns; k++) sum += data[row * stride + k]! * data[row * stride + k]!
  return sum
}

function columnNorm({ data, stride, rows }: Matrix, column: number): number {
  let sum = 0
  for (let k = 0; k < rows; k++) sum += data[k * stride + column]! * data[k * stride + column]!
  return sum
}
