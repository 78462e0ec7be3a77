import { expect } from 'chai'
import fc from 'fast-check'
import type { ScoreMatrix } from '../../../src/scoring/capture'
import { combineUsage } from '../../../src/scoring/methods'

function matrix(rows: number[][]): ScoreMatrix {
  return { rows: rows.length, columns: rows[0]!.length, data: Float64Array.from(rows.flat()) }
}

const entry = fc.integer({ min: -50, max: 50 })
const matrices = fc.array(fc.array(fc.tuple(entry, entry, entry), { minLength: 4, maxLength: 4 }), {
  minLength: 1,
  maxLength: 4,
})

describe('combineUsage', () => {
  it('does not see how large a checkpoint writes its scores', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: -900, max: 900 }), (all, power) => {
        const [first, ...rest] = all.map(matrix)
        const scaled = { ...first!, data: first!.data.map(x => x * 2 ** power) }
        const sum = combineUsage([first!, ...rest]).data
        combineUsage([scaled, ...rest]).data.forEach((x, i) => expect(x).to.be.closeTo(sum[i]!, 1e-9))
      }),
    )
  })

  it('gives every column of one checkpoint a standard deviation of 1', () => {
    const { data } = combineUsage([
      matrix([
        [1, 10],
        [2, 30],
        [6, 20],
      ]),
    ])
    for (const column of [0, 1]) {
      const values = [0, 1, 2].map(row => data[row * 2 + column]!)
      const mean = (values[0]! + values[1]! + values[2]!) / 3
      expect(values.reduce((sum, x) => sum + (x - mean) ** 2 / 3, 0)).to.be.closeTo(1, 1e-12)
    }
  })

  it('leaves a query that nothing moves at zero', () => {
    expect([
      ...combineUsage([
        matrix([
          [0, 1],
          [0, 2],
        ]),
      ]).data.filter((_, at) => at % 2 === 0),
    ]).to.deep.equal([0, 0])
    expect([...combineUsage([matrix([[7], [7]])]).data]).to.deep.equal([0, 0])
  })

  it('weighs checkpoints as it is told', () => {
    const [a, b] = [matrix([[1], [2]]), matrix([[5], [1]])]
    expect(combineUsage([a, b], [1, 0])).to.deep.equal(combineUsage([a]))
  })

  it('refuses no checkpoint, and matrices of different sizes', () => {
    expect(() => combineUsage([])).to.throw('at least one')
    expect(() => combineUsage([matrix([[1]]), matrix([[1], [2]])])).to.throw('1 x 1')
  })
})
