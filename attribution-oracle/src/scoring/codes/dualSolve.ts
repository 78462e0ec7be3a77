import { choleskyInPlace } from '../linear/cholesky'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { solveLower, solvePositive } from '../linear/triangular'

/** Below this, p(1 - p) counts as this: such a sample has no curvature, and its root is divided by. */
const LEAST = 1 / 1099511627776

/** p(1 - p) / n, the Gauss-Newton weight of a margin whose 1 - p is `doubt`. */
export function marginWeights(doubts: Float64Array): Float64Array {
  return doubts.map(doubt => Math.max(doubt * (1 - doubt), LEAST) / doubts.length)
}

/** The damped curvature in its dual form, factored: λI + W½ K W½ = L Lᵀ. */
export interface DualFactor {
  readonly factor: Matrix
  /** √W */
  readonly roots: Float64Array
  readonly lambda: number
}

/**
 * Factors in place of the kernel, of which only the lower triangle is read. λ = damping · tr(WK).
 * @returns undefined where the trace is 0: no sample moves anything, and every score is 0
 */
export function dualFactor(
  linear: Linear,
  kernel: Matrix,
  weights: Float64Array,
  damping: number,
): DualFactor | undefined {
  const { data, stride, rows } = kernel
  let trace = 0
  for (let i = 0; i < rows; i++) trace += weights[i]! * data[i * stride + i]!
  const lambda = damping * trace
  if (!(lambda > 0)) return undefined
  const roots = weights.map(Math.sqrt)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) data[i * stride + j]! *= roots[i]! * roots[j]!
    data[i * stride + i]! += lambda
  }
  choleskyInPlace(linear, kernel)
  return { factor: kernel, roots, lambda }
}

/**
 * (λI + K W)⁻¹ k for every column k of `cross`, in place. As W^-½ (λI + W½ K W½)⁻¹ W½ k it needs no product with K, and
 * nothing cancels.
 */
export function dualSolve(linear: Linear, { factor, roots }: DualFactor, cross: Matrix): void {
  cross.scaleRows(roots)
  solvePositive(linear, factor, cross)
  const { data, stride, rows, columns } = cross
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * stride + j]! /= roots[i]!
}

/** The diagonal of (λI + K W)⁻¹ K: (1 - λ (M⁻¹)_ii) / W_ii with M = L Lᵀ. */
export function dualDiagonal(linear: Linear, { factor, roots, lambda }: DualFactor): Float64Array {
  const size = factor.rows
  return linear.scope(() => {
    const inverse = linear.zeros(size, size)
    const { data, stride } = inverse
    for (let i = 0; i < size; i++) data[i * stride + i] = 1
    solveLower(linear, factor, inverse)
    const solved = inverse.data
    const norms = new Float64Array(size)
    for (let row = 0; row < size; row++)
      for (let i = 0; i <= row; i++) norms[i]! += solved[row * stride + i]! * solved[row * stride + i]!
    return norms.map((norm, i) => Math.max(0, 1 - lambda * norm) / (roots[i]! * roots[i]!))
  })
}
