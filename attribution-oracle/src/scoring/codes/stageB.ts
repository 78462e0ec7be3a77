import type { ScoreMatrix } from '../capture'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import type { Codes, LayerCodes } from './codes'
import { dualDiagonal, type DualFactor, dualFactor, dualSolve, marginWeights } from './dualSolve'
import { LEAST_DOUBT, valueOfHalf } from './half'
import { addKernel } from './kernel'

/** One side of the dual problem: codes, and how much each sample's loss moves with its margin. */
export interface DualSide {
  readonly layers: readonly LayerCodes[]
  /** float64 [n]: 1 - p of the true class; twice the residual of a regression, with either sign */
  readonly pulls: Float64Array
}

export interface DualProblem {
  readonly train: DualSide
  /** float64 [n_train]: diagonal of W */
  readonly weights: Float64Array
  /** λ as a multiple of tr(WK) */
  readonly damping: number
}

/**
 * Stage B of dual margin-GGN: the problem that committed codes state. Nothing but these numbers goes in, and every
 * machine, thread count and order of work gives the same bits.
 */
export function problemOfCodes(train: Codes, damping: number): DualProblem {
  const side = sideOfCodes(train)
  return { train: side, weights: marginWeights(side.pulls), damping }
}

export function sideOfCodes(codes: Codes): DualSide {
  return { layers: codes.layers, pulls: Float64Array.from(codes.doubts, valueOfHalf) }
}

/**
 * Queries the same way, except that no doubt is zero: usage divides every column by its spread, so that a model that is
 * certain of an answer still says what made it certain.
 */
export function queryOfCodes(codes: Codes): DualSide {
  const { layers, pulls } = sideOfCodes(codes)
  return { layers, pulls: pulls.map(pull => Math.max(pull, LEAST_DOUBT)) }
}

/** τ[i][t] = pull_i pull_t · [(λI + K W)⁻¹ K_train,query]_it. Attribution reference: Open Datanets DESIGN 4.2. */
export function dualScores(linear: Linear, problem: DualProblem, query: DualSide): ScoreMatrix {
  return linear.scope(() => {
    const factor = factorOf(linear, problem)
    const cross = crossOf(linear, problem, query)
    if (!factor) return { ...sizeOf(cross), data: new Float64Array(cross.rows * cross.columns) }
    dualSolve(linear, factor, cross)
    cross.scaleRows(problem.train.pulls)
    cross.scaleColumns(query.pulls)
    return { ...sizeOf(cross), data: cross.toArray() }
  })
}

/** The mean of dualScores over the queries, from one right side. */
export function dualValue(linear: Linear, problem: DualProblem, query: DualSide): Float64Array {
  return linear.scope(() => {
    const factor = factorOf(linear, problem)
    const count = problem.train.pulls.length
    if (!factor) return new Float64Array(count)
    const target = linear.zeros(count, 1)
    linear.scope(() => pulledMean(target, crossOf(linear, problem, query), query.pulls))
    dualSolve(linear, factor, target)
    target.scaleRows(problem.train.pulls)
    return target.toArray()
  })
}

/** float64 [n_train]: τ of every training sample with itself as the query. */
export function dualSelfInfluence(linear: Linear, problem: DualProblem): Float64Array {
  const { pulls } = problem.train
  return linear.scope(() => {
    const factor = factorOf(linear, problem)
    if (!factor) return new Float64Array(pulls.length)
    return dualDiagonal(linear, factor).map((score, i) => score * pulls[i]! * pulls[i]!)
  })
}

function factorOf(linear: Linear, { train, weights, damping }: DualProblem): DualFactor | undefined {
  const kernel = linear.zeros(weights.length, weights.length)
  addKernel(linear, kernel, train.layers, train.layers, { lower: true })
  return dualFactor(linear, kernel, weights, damping)
}

function crossOf(linear: Linear, { train }: DualProblem, query: DualSide): Matrix {
  const cross = linear.zeros(train.pulls.length, query.pulls.length)
  addKernel(linear, cross, train.layers, query.layers)
  return cross
}

function pulledMean(target: Matrix, cross: Matrix, pulls: Float64Array): void {
  const { data, stride } = cross
  const means = target.data
  for (let i = 0; i < cross.rows; i++) {
    let sum = 0
    for (let t = 0; t < cross.columns; t++) sum += data[i * stride + t]! * pulls[t]!
    means[i * target.stride] = sum / cross.columns
  }
}

function sizeOf(matrix: Matrix): { rows: number; columns: number } {
  return { rows: matrix.rows, columns: matrix.columns }
}
