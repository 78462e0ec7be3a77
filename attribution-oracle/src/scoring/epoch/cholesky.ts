import { AttributionOracleError } from '../../errors'

/**
 * Lower triangular factor L of a symmetric positive definite matrix A = L Lᵀ, row-major, in place of nothing: the
 * argument is left as it was. Fixed loop order and correctly rounded operations only, so that every machine gets the
 * same bits.
 * @param matrix float64 [size * size]; only its lower triangle is read
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column] as number
      for (let k = 0; k < column; k++) {
        sum -= (factor[row * size + k] as number) * (factor[column * size + k] as number)
      }
      if (row !== column) factor[row * size + column] = sum / (factor[column * size + column] as number)
      else if (sum > 0) factor[row * size + row] = Math.sqrt(sum)
      else {
        throw new AttributionOracleError(
          'INVARIANT_BROKEN',
          { what: 'a damped Fisher block is not positive definite', got: `pivot ${sum} in row ${row}` },
          { invariant: 'positive definite Fisher block', got: String(sum), expected: 'a positive pivot' },
        )
      }
    }
  }
  return factor
}

/** y with L y = b, for b = vector[offset .. offset + size). */
export function solveLower(
  factor: Float64Array,
  size: number,
  vector: ArrayLike<number>,
  offset: number,
): Float64Array {
  const solution = new Float64Array(size)
  for (let row = 0; row < size; row++) {
    let sum = vector[offset + row] as number
    for (let k = 0; k < row; k++) sum -= (factor[row * size + k] as number) * (solution[k] as number)
    solution[row] = sum / (factor[row * size + row] as number)
  }
  return solution
}

/** x with Lᵀ x = y. */
export function solveUpper(factor: Float64Array, size: number, vector: Float64Array): Float64Array {
  const solution = new Float64Array(size)
  for (let row = size - 1; row >= 0; row--) {
    let sum = vector[row] as number
    for (let k = row + 1; k < size; k++) sum -= (factor[k * size + row] as number) * (solution[k] as number)
    solution[row] = sum / (factor[row * size + row] as number)
  }
  return solution
}
