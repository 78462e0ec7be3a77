import { AttributionOracleError } from '../../errors'
import { tridiagonalise } from './tridiagonal'

/** A = V diag(values) Vᵀ; values ascending. */
export interface Eigen {
  readonly values: Float64Array
  /** float64 [size, size], row-major: row i is the eigenvector of value i, its largest entry positive */
  readonly vectors: Float64Array
}

const MOST_SWEEPS = 60

/**
 * Eigenvalues and vectors of a symmetric matrix by Householder tridiagonalisation and implicit QL (Golub and Van Loan,
 * Matrix Computations, 8.3). Additions, products, quotients and square roots only, in a fixed order: the same bits
 * everywhere.
 * @param matrix float64 [size * size], row-major; only its lower triangle is read
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const { diagonal, offDiagonal, vectors } = tridiagonalise(matrix, size)
  for (let index = 0; index < size; index++) settle(diagonal, offDiagonal, vectors, index, size)
  return sorted(diagonal, vectors, size)
}

/** Implicit QL steps until value `index` has no neighbour left. Rows of `vectors` are rotated with it. */
function settle(d: Float64Array, e: Float64Array, vectors: Float64Array, index: number, size: number): void {
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    const end = splitAt(d, e, index, size)
    if (end === index) return
    let g = (d[index + 1]! - d[index]!) / (2 * e[index]!)
    let r = length(g, 1)
    g = d[end]! - d[index]! + e[index]! / (g + (g < 0 ? -r : r))
    let sine = 1
    let cosine = 1
    let shift = 0
    let i = end - 1
    for (; i >= index; i--) {
      const f = sine * e[i]!
      const b = cosine * e[i]!
      r = length(f, g)
      e[i + 1] = r
      if (r === 0) {
        d[i + 1]! -= shift
        e[end] = 0
        break
      }
      sine = f / r
      cosine = g / r
      g = d[i + 1]! - shift
      r = (d[i]! - g) * sine + 2 * cosine * b
      shift = sine * r
      d[i + 1] = g + shift
      g = cosine * r - b
      rotate(vectors, i, size, sine, cosine)
    }
    if (r === 0 && i >= index) continue
    d[index]! -= shift
    e[index] = g
    e[end] = 0
  }
  throw new AttributionOracleError(
    'INVARIANT_BROKEN',
    { what: 'the eigenvalues of a curvature do not converge', got: `${MOST_SWEEPS} sweeps` },
    { invariant: 'finite symmetric matrix', got: `${MOST_SWEEPS} sweeps`, expected: 'convergence' },
  )
}

/** The first place from `index` where the off-diagonal is nothing beside its neighbours. */
function splitAt(d: Float64Array, e: Float64Array, index: number, size: number): number {
  let end = index
  while (end < size - 1) {
    const around = Math.abs(d[end]!) + Math.abs(d[end + 1]!)
    if (Math.abs(e[end]!) + around === around) break
    end++
  }
  return end
}

function rotate(vectors: Float64Array, row: number, size: number, sine: number, cosine: number): void {
  const upper = row * size
  const lower = upper + size
  for (let k = 0; k < size; k++) {
    const below = vectors[lower + k]!
    const above = vectors[upper + k]!
    vectors[lower + k] = sine * above + cosine * below
    vectors[upper + k] = cosine * above - sine * below
  }
}

/** √(a² + b²) without overflow; Math.hypot is not the same on every engine. */
function length(a: number, b: number): number {
  const x = Math.abs(a)
  const y = Math.abs(b)
  if (x === 0 && y === 0) return 0
  if (x > y) return x * Math.sqrt(1 + (y / x) * (y / x))
  return y * Math.sqrt(1 + (x / y) * (x / y))
}

function sorted(values: Float64Array, vectors: Float64Array, size: number): Eigen {
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (a, b) => values[a]! - values[b]! || a - b,
  )
  const out = new Float64Array(size * size)
  order.forEach((from, to) => {
    const row = vectors.subarray(from * size, (from + 1) * size)
    const sign = signOf(row)
    for (let k = 0; k < size; k++) out[to * size + k] = sign * row[k]!
  })
  return { values: Float64Array.from(order, index => values[index]!), vectors: out }
}

function signOf(vector: Float64Array): number {
  let largest = 0
  for (const entry of vector) if (Math.abs(entry) > Math.abs(largest)) largest = entry
  return largest < 0 ? -1 : 1
}
