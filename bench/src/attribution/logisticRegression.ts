import type { Matrix } from './scorer'

/**
 * Multinomial logistic regression with a bias, mean cross-entropy + (l2/2)·|parameters|², by Newton's method: the exact
 * minimum, so that a game has no training noise.
 * @returns weights [classes, features] and then biases [classes]
 */
export function logisticRegression(
  x: Matrix,
  labels: readonly number[],
  classes: number,
  l2: number,
): Float64Array {
  const d = x.columns + 1
  const size = classes * d
  const at = (row: number, i: number): number => (i === x.columns ? 1 : x.data[row * x.columns + i]!)
  const parameters = new Float64Array(size)
  for (let step = 0; step < 40; step++) {
    const gradient = parameters.map(parameter => l2 * parameter)
    const hessian = new Float64Array(size * size)
    for (let row = 0; row < x.rows; row++) {
      const p = probabilities(parameters, classes, d, i => at(row, i))
      for (let a = 0; a < classes; a++) {
        const residual = (p[a]! - (labels[row] === a ? 1 : 0)) / x.rows
        for (let i = 0; i < d; i++) gradient[a * d + i]! += residual * at(row, i)
        for (let b = 0; b <= a; b++) {
          const weight = (p[a]! * ((a === b ? 1 : 0) - p[b]!)) / x.rows
          for (let i = 0; i < d; i++) {
            const left = weight * at(row, i)
            const to = (a * d + i) * size + b * d
            if (left !== 0) for (let j = 0; j < d; j++) hessian[to + j]! += left * at(row, j)
          }
        }
      }
    }
    for (let i = 0; i < size; i++) hessian[i * size + i]! += l2
    const move = solve(hessian, gradient)
    for (let i = 0; i < size; i++) parameters[i]! -= move[i]!
    if (Math.max(...gradient.map(Math.abs)) < 1e-9) break
  }
  const weights = Array.from({ length: classes * x.columns }, (_, i) => {
    const [k, j] = [Math.floor(i / x.columns), i % x.columns]
    return parameters[k * d + j]!
  })
  const biases = Array.from({ length: classes }, (_, k) => parameters[k * d + x.columns]!)
  return Float64Array.from([...weights, ...biases])
}

function probabilities(
  parameters: Float64Array,
  classes: number,
  d: number,
  at: (i: number) => number,
): number[] {
  const logits = Array.from({ length: classes }, (_, k) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += parameters[k * d + i]! * at(i)
    return sum
  })
  const top = Math.max(...logits)
  const exponents = logits.map(logit => Math.exp(logit - top))
  const total = exponents.reduce((sum, value) => sum + value, 0)
  return exponents.map(value => value / total)
}

/** Cholesky on the lower triangle. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length
  const x = Float64Array.from(right)
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j]!
      const [a, b] = [i * n, j * n]
      for (let p = 0; p < j; p++) sum -= matrix[a + p]! * matrix[b + p]!
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * n + j]!
    }
  }
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < i; p++) x[i]! -= matrix[i * n + p]! * x[p]!
    x[i]! /= matrix[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let p = i + 1; p < n; p++) x[i]! -= matrix[p * n + i]! * x[p]!
    x[i]! /= matrix[i * n + i]!
  }
  return x
}
