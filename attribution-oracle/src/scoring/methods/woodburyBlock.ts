import type { LayerCapture } from '../capture'
import { choleskyInPlace } from '../linear/cholesky'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, whole } from '../linear/multiply'
import { solveLower } from '../linear/triangular'
import type { BlockProblem, LayerSolver } from './blockProblem'
import { addRows } from './fisherBlock'
import { layerRows } from './fisherRows'
import { asFactors, asFeatures, type RowForm } from './woodburyRows'

/**
 * The exact layer block where its dimensions outnumber the Fisher rows: with B the rows of all samples over √n,
 * (BᵀB + λI)⁻¹ = (I - Bᵀ (BBᵀ + λI)⁻¹ B) / λ (Woodbury), so that only a rows x rows matrix is factored. At one position
 * no gradient is written out.
 */
export function woodburySolver(multiple: number): LayerSolver {
  const factored = solverIn(asFactors, multiple)
  const written = solverIn(asFeatures, multiple)
  const solver = (layers: readonly LayerCapture[]): LayerSolver =>
    layers.every(({ positions }) => positions === 1) ? factored : written
  const trained = ({ train, fisher }: BlockProblem, layer: number): LayerCapture[] => [
    train.layers[layer]!,
    ...layerRows(fisher, layer),
  ]
  return {
    score(linear, problem, layer, question, scores) {
      const all = [...trained(problem, layer), question.capture.layers[layer]!]
      solver(all).score(linear, problem, layer, question, scores)
    },
    selfInfluence(linear, problem, layer, self) {
      solver(trained(problem, layer)).selfInfluence(linear, problem, layer, self)
    },
  }
}

function solverIn<R, Q>(form: RowForm<R, Q>, multiple: number): LayerSolver {
  return {
    score(linear, problem, layer, question, scores) {
      const space = openSpace(linear, form, problem, layer, multiple)
      if (!space) return
      const { rows, factor, lambda } = space
      const queries = form.ofQueries(linear, question.capture.layers[layer]!, question, scores.columns)
      const seen = form.asked(linear, rows, queries)
      solveLower(linear, factor, seen)
      const o = { count: problem.train.count, fisherRows: factor.rows }
      form.each(linear, problem.train.layers[layer]!, o, (samples, first) => {
        const own = form.products(linear, rows, samples)
        solveLower(linear, factor, own)
        const block = form.asked(linear, samples, queries)
        addProduct(linear, whole(block), columnsOf(own), columnsOf(seen), { sign: -1 })
        block.divide(lambda)
        addRows(scores, block, first)
      })
    },
    selfInfluence(linear, problem, layer, self) {
      const space = openSpace(linear, form, problem, layer, multiple)
      if (!space) return
      const { rows, factor, lambda } = space
      const o = { count: problem.train.count, fisherRows: factor.rows }
      form.each(linear, problem.train.layers[layer]!, o, (samples, first) => {
        const own = form.products(linear, rows, samples)
        solveLower(linear, factor, own)
        form.squares(samples).forEach((square, i) => {
          self[first + i]! += (square - columnNorm(own, i)) / lambda
        })
      })
    },
  }
}

interface Space<R> {
  readonly rows: R
  /** of BBᵀ + λI */
  readonly factor: Matrix
  readonly lambda: number
}

function openSpace<R>(
  linear: Linear,
  form: RowForm<R, unknown>,
  { fisher }: BlockProblem,
  layer: number,
  multiple: number,
): Space<R> | undefined {
  const captures = layerRows(fisher, layer)
  const { inWidth, outWidth } = captures[0]!
  const rows = form.ofFisher(linear, captures, fisher.count)
  const factor = form.products(linear, rows, rows, { lower: true })
  const { data, stride } = factor
  let trace = 0
  for (let index = 0; index < factor.rows; index++) trace += data[index * stride + index]!
  const lambda = (multiple * trace) / (inWidth * outWidth)
  if (!(lambda > 0)) return undefined
  for (let index = 0; index < factor.rows; index++) data[index * stride + index]! += lambda
  choleskyInPlace(linear, factor)
  return { rows, factor, lambda }
}

function columnNorm({ data, stride, rows }: Matrix, column: number): number {
  let sum = 0
  for (let k = 0; k < rows; k++) sum += data[k * stride + column]! * data[k * stride + column]!
  return sum
}
