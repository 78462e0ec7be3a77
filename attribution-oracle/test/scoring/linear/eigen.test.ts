import { expect } from 'chai'
import fc from 'fast-check'
import { symmetricEigen } from '../../../src/scoring/linear/eigen'
import { filled, numbers, plainProduct, positiveDefinite, transpose } from './plain'

function largestGap(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0)
}

/** Vᵀ diag(values) V. */
function rebuilt(values: Float64Array, vectors: Float64Array): Float64Array {
  const size = values.length
  const scaled = vectors.map((entry, at) => entry * values[Math.floor(at / size)]!)
  return plainProduct(transpose(vectors, size), scaled, size, size)
}

function identity(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0))
}

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that rebuild the matrix, values ascending', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, seed) => {
        const matrix = positiveDefinite(size, numbers(seed))
        const { values, vectors } = symmetricEigen(matrix, size)
        expect(largestGap(rebuilt(values, vectors), matrix)).to.be.below(1e-11)
        expect(
          largestGap(plainProduct(vectors, transpose(vectors, size), size, size), identity(size)),
        ).to.be.below(1e-12)
        expect([...values]).to.deep.equal([...values].sort((a, b) => a - b))
      }),
    )
  })

  it('makes the largest entry of every vector positive', () => {
    const { vectors } = symmetricEigen(positiveDefinite(12, numbers(3)), 12)
    for (let row = 0; row < 12; row++) {
      const entries = [...vectors.subarray(row * 12, row * 12 + 12)]
      expect(entries.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most))).to.be.above(0)
    }
  })

  it('reads the lower triangle alone', () => {
    const matrix = positiveDefinite(6, numbers(4))
    const lower = matrix.map((value, at) => (at % 6 <= Math.floor(at / 6) ? value : Number.NaN))
    expect(symmetricEigen(lower, 6)).to.deep.equal(symmetricEigen(matrix, 6))
  })

  it('takes what is degenerate: zeros, the identity, rank one', () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).to.deep.equal([0, 0, 0])
    expect([...symmetricEigen(identity(4), 4).values]).to.deep.equal([1, 1, 1, 1])
    const ones = filled(25, () => 1)
    const { values, vectors } = symmetricEigen(ones, 5)
    expect(values[4]).to.be.closeTo(5, 1e-14)
    expect(largestGap(rebuilt(values, vectors), ones)).to.be.below(1e-14)
  })

  it('refuses what is not finite', () => {
    expect(() => symmetricEigen(Float64Array.of(1, 0, Number.NaN, 1), 2)).to.throw('do not converge')
  })
})
