import { expect } from 'chai'
import fc from 'fast-check'
import { payable } from '../../../src/scoring'

const COLUMNS = 8
const row = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: COLUMNS, maxLength: COLUMNS })
const matrix = (rows: readonly (readonly number[])[]) => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  data: rows.flat(),
})
const all = (length: number): number[] => Array<number>(length).fill(1)

describe('payable', () => {
  it('takes 1.645 standard errors off the mean', () => {
    const [paid] = payable(matrix([[1, 3, 1, 3]]), [1], 1)
    const error = Math.sqrt(4 / 3 / 4)
    expect(paid!.error).to.be.closeTo(error, 1e-12)
    expect(paid!.score).to.be.closeTo(2 - 1.6449 * error, 1e-12)
  })

  it('adds the error over runs', () => {
    const [without] = payable(matrix([[1, 3, 1, 3]]), [1], 1)
    const [with_] = payable(matrix([[1, 3, 1, 3]]), [1], 1, [0.3])
    expect(with_!.error).to.be.closeTo(Math.hypot(without!.error, 0.3), 1e-12)
  })

  it('pays nothing for harm, for luck, and for what is not new, and says which', () => {
    const rows = [
      [-1, -1, -1, -1],
      [9, -8, 9, -8],
      [1, 1, 1, 1],
    ]
    const reasons = payable(matrix(rows), [1, 1, 0], 0.99).map(({ score, reason }) => [score, reason])
    expect(reasons).to.deep.equal([
      [0, 'NOT_HELPFUL'],
      [0, 'UNCERTAIN'],
      [0, 'NOT_NOVEL'],
    ])
  })

  it('cannot confirm anything on one held-out sample', () => {
    expect(payable(matrix([[5]]), [1], 1)[0]).to.include({ score: 0, reason: 'UNCERTAIN' })
  })

  it('limits what stands out to the quantile of what is paid', () => {
    const rows = [...Array.from({ length: 99 }, () => [1, 1]), [100, 100]]
    expect(payable(matrix(rows), all(100), 0.99)[99]!.score).to.equal(1)
  })

  it('pays a sample the same whoever else is there, limits aside', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 20 }), rows => {
        const together = payable(matrix(rows), all(rows.length), 1)
        const highest = Math.max(...together.map(({ score }) => score))
        rows.forEach((each, index) => {
          const alone = payable(matrix([each]), [1], 1)[0]!
          expect(together[index]!.score).to.equal(Math.min(alone.score, highest))
        })
      }),
    )
  })

  it('never pays less for a higher value of the same spread', () => {
    fc.assert(
      fc.property(row, fc.double({ min: 0, max: 1, noNaN: true }), (values, shift) => {
        const [low, high] = payable(matrix([values, values.map(value => value + shift)]), [1, 1], 1)
        expect(high!.score).to.be.at.least(low!.score - 1e-12)
      }),
    )
  })
})
