import { expect } from 'chai'
import fc from 'fast-check'
import { AttributionOracleError } from '../../../src/errors'
import { choleskyFactor, solveLower, solveUpper } from '../../../src/scoring/epoch/cholesky'

const SIZE = 6

/** B Bᵀ + I for a square B. */
function positiveDefinite(entries: readonly number[]): Float64Array {
  const matrix = new Float64Array(SIZE * SIZE)
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = row === column ? 1 : 0
      for (let k = 0; k < SIZE; k++) sum += entries[row * SIZE + k]! * entries[column * SIZE + k]!
      matrix[row * SIZE + column] = sum
    }
  }
  return matrix
}

describe('choleskyFactor', () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true })

  it('solves A x = b', () => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: SIZE * SIZE, maxLength: SIZE * SIZE }),
        fc.array(number, { minLength: SIZE, maxLength: SIZE }),
        (entries, b) => {
          const matrix = positiveDefinite(entries)
          const factor = choleskyFactor(matrix, SIZE)
          const x = solveUpper(factor, SIZE, solveLower(factor, SIZE, b, 0))
          for (let row = 0; row < SIZE; row++) {
            let sum = 0
            for (let column = 0; column < SIZE; column++) sum += matrix[row * SIZE + column]! * x[column]!
            expect(sum).to.be.closeTo(b[row]!, 1e-8)
          }
        },
      ),
    )
  })

  it('refuses a matrix that is not positive definite', () => {
    expect(() => choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).to.throw(
      AttributionOracleError,
      'positive definite',
    )
  })
})
