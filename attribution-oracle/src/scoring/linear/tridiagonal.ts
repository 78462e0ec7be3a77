/** A = Vᵀ T V with T tridiagonal; row i of `vectors` belongs to diagonal[i]; offDiagonal[i] joins i and i + 1. */
export interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly offDiagonal: Float64Array
  readonly vectors: Float64Array
}

/**
 * Householder reduction of a symmetric matrix, from its last row up. Reflectors are kept in the rows they clear and
 * multiplied out at the end. All inner loops run along rows.
 * @param matrix float64 [size * size]; only its lower triangle is read
 */
export function tridiagonalise(matrix: Float64Array, size: number): Tridiagonal {
  const a = mirrored(matrix, size)
  const diagonal = new Float64Array(size)
  const offDiagonal = new Float64Array(size)
  const factors = new Float64Array(size)
  const p = new Float64Array(size)
  for (let row = size - 1; row > 0; row--) {
    factors[row] = reflect(a, row, size, offDiagonal)
    if (factors[row] !== 0) update(a, row, size, factors[row]!, p)
  }
  for (let index = 0; index < size; index++) diagonal[index] = a[index * size + index]!
  return { diagonal, offDiagonal, vectors: multipliedOut(a, size, factors) }
}

function mirrored(matrix: Float64Array, size: number): Float64Array {
  const a = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      a[row * size + column] = matrix[row * size + column]!
      a[column * size + row] = matrix[row * size + column]!
    }
  }
  return a
}

/**
 * Turns row `row`, left of the diagonal, into the vector u of the reflector I - u uᵀ / h that leaves only its last entry;
 * gives h, 0 where nothing is to be done.
 */
function reflect(a: Float64Array, row: number, size: number, offDiagonal: Float64Array): number {
  const at = row * size
  let scale = 0
  for (let k = 0; k < row; k++) scale += Math.abs(a[at + k]!)
  const last = a[at + row - 1]!
  if (row === 1 || scale === Math.abs(last)) {
    offDiagonal[row - 1] = last
    return 0
  }
  let square = 0
  for (let k = 0; k < row; k++) {
    a[at + k]! /= scale
    square += a[at + k]! * a[at + k]!
  }
  const front = a[at + row - 1]!
  const root = front < 0 ? Math.sqrt(square) : -Math.sqrt(square)
  offDiagonal[row - 1] = scale * root
  a[at + row - 1] = front - root
  return square - front * root
}

/** A ← (I - u uᵀ / h) A (I - u uᵀ / h) on the leading `row` x `row` block. */
function update(a: Float64Array, row: number, size: number, h: number, p: Float64Array): void {
  const u = a.subarray(row * size, row * size + row)
  let overlap = 0
  for (let i = 0; i < row; i++) {
    let sum = 0
    for (let k = 0; k < row; k++) sum += a[i * size + k]! * u[k]!
    p[i] = sum / h
    overlap += p[i]! * u[i]!
  }
  const half = overlap / (h + h)
  for (let i = 0; i < row; i++) p[i]! -= half * u[i]!
  for (let i = 0; i < row; i++) {
    const ui = u[i]!
    const pi = p[i]!
    for (let k = 0; k < row; k++) a[i * size + k]! -= ui * p[k]! + pi * u[k]!
  }
}

/** The product of the reflectors, transposed: row i is column i of the orthogonal matrix. */
function multipliedOut(a: Float64Array, size: number, factors: Float64Array): Float64Array {
  const v = new Float64Array(size * size)
  for (let index = 0; index < size; index++) v[index * size + index] = 1
  for (let row = 2; row < size; row++) {
    const h = factors[row]!
    if (h === 0) continue
    const u = a.subarray(row * size, row * size + row)
    for (let i = 0; i < row; i++) {
      let sum = 0
      for (let k = 0; k < row; k++) sum += v[i * size + k]! * u[k]!
      const along = sum / h
      for (let k = 0; k < row; k++) v[i * size + k]! -= along * u[k]!
    }
  }
  return v
}
