import { expect } from 'chai'
import fc from 'fast-check'
import { choleskyInPlace } from '../../../src/scoring/linear/cholesky'
import { Linear } from '../../../src/scoring/linear/linear'
import { addProduct, columnsOf, product, rowsOf, whole } from '../../../src/scoring/linear/multiply'
import { solvePositive } from '../../../src/scoring/linear/triangular'
import {
  filled,
  lowerOf,
  numbers,
  plainCholesky,
  plainProduct,
  plainSolve,
  positiveDefinite,
  transpose,
} from './plain'

const size = fc.integer({ min: 1, max: 90 })
const seed = fc.nat()

/** Equal bit for bit, and in signs of zeros beside. */
function expectBits(got: Float64Array, expected: Float64Array): void {
  expect(
    Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(expected.buffer)),
  ).to.equal(true)
}

describe('linear', () => {
  let linear: Linear
  before(async () => {
    linear = await Linear.open()
  })

  describe('product', () => {
    it('has the bits of the plain loop, whichever way the operands lie', () => {
      fc.assert(
        fc.property(size, size, size, seed, (rows, terms, columns, start) => {
          const draw = numbers(start)
          const [a, b] = [filled(rows * terms, draw), filled(terms * columns, draw)]
          const expected = plainProduct(a, b, rows, terms)
          linear.scope(() => {
            const [ma, mb] = [linear.matrix(a, rows, terms), linear.matrix(b, terms, columns)]
            const ta = linear.matrix(transpose(a, rows), terms, rows)
            const tb = linear.matrix(transpose(b, terms), columns, terms)
            expectBits(product(linear, rowsOf(ma), columnsOf(mb)).toArray(), expected)
            expectBits(product(linear, columnsOf(ta), rowsOf(tb)).toArray(), expected)
          })
        }),
      )
    })

    it('goes on with the same bits over more terms and columns than a block holds', () => {
      const draw = numbers(1)
      const [rows, terms, columns] = [9, 700, 301]
      const [a, b] = [filled(rows * terms, draw), filled(terms * columns, draw)]
      linear.scope(() => {
        const got = product(
          linear,
          rowsOf(linear.matrix(a, rows, terms)),
          columnsOf(linear.matrix(b, terms, columns)),
        )
        expectBits(got.toArray(), plainProduct(a, b, rows, terms))
      })
    })

    it('computes a lower triangle as it computes the whole', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 300 }),
          fc.integer({ min: 1, max: 20 }),
          seed,
          (rows, terms, start) => {
            const a = filled(rows * terms, numbers(start))
            linear.scope(() => {
              const matrix = linear.matrix(a, rows, terms)
              const half = linear.zeros(rows, rows)
              addProduct(linear, whole(half), rowsOf(matrix), rowsOf(matrix), { lower: true })
              const all = product(linear, rowsOf(matrix), rowsOf(matrix))
              expectBits(lowerOf(half.toArray(), rows), lowerOf(all.toArray(), rows))
            })
          },
        ),
        { numRuns: 30 },
      )
    })

    it('subtracts what it would add', () => {
      const a = filled(35, numbers(2))
      linear.scope(() => {
        const matrix = linear.matrix(a, 5, 7)
        const sum = product(linear, rowsOf(matrix), rowsOf(matrix))
        addProduct(linear, whole(sum), rowsOf(matrix), rowsOf(matrix), { sign: -1 })
        expect(Math.max(...sum.toArray().map(Math.abs))).to.be.below(1e-15)
      })
    })
  })

  describe('choleskyInPlace and solvePositive', () => {
    const checked = (n: number, columns: number, start: number): void => {
      const draw = numbers(start)
      const a = positiveDefinite(n, draw)
      const b = filled(n * columns, draw)
      const factor = plainCholesky(a, n)
      linear.scope(() => {
        const matrix = linear.matrix(a, n, n)
        const x = linear.matrix(b, n, columns)
        choleskyInPlace(linear, matrix)
        expectBits(lowerOf(matrix.toArray(), n), factor)
        solvePositive(linear, matrix, x)
        expectBits(x.toArray(), plainSolve(factor, b, n))
      })
    }

    it('have the bits of the plain loops', () => {
      fc.assert(fc.property(size, fc.integer({ min: 1, max: 9 }), seed, checked))
    })

    it('have them over many blocks', () => checked(333, 7, 5))

    it('refuse a matrix that is not positive definite, and say which pivot', () => {
      linear.scope(() => {
        const matrix = linear.matrix([1, 2, 2, 1], 2, 2)
        expect(() => choleskyInPlace(linear, matrix))
          .to.throw('not positive definite')
          .with.property('code', 'INVARIANT_BROKEN')
      })
    })
  })

  describe('the arena', () => {
    it('keeps what it holds while it grows', () => {
      linear.scope(() => {
        const kept = linear.matrix([1, 2, 3], 1, 3)
        linear.zeros(3000, 1000)
        expect([...kept.toArray()]).to.deep.equal([1, 2, 3])
      })
    })

    it('gives a scope back after a failure too, clean', () => {
      const fail = (): void => {
        linear.matrix(
          filled(100, () => 7),
          10,
          10,
        )
        throw new RangeError('stop')
      }
      expect(() => linear.scope(fail)).to.throw('stop')
      linear.scope(() =>
        expect(
          linear
            .zeros(10, 10)
            .toArray()
            .every(x => x === 0),
        ).to.equal(true),
      )
    })

    it('says what to do when no machine can hold the matrices', () => {
      linear.scope(() =>
        expect(() => linear.zeros(30000, 30000))
          .to.throw('use logra')
          .with.property('code', 'INVALID_ARGUMENT'),
      )
    })
  })
})
