import { expect } from 'chai'
import fc from 'fast-check'
import type { ScoreMatrix } from '../../../src/scoring/capture'
import { columnSpreads, combineUsage } from '../../../src/scoring/methods'

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

  it('keeps what all checkpoints say, and shrinks what only some of them do', () => {
    const all = [0, 1, 2, 3].map(at =>
      matrix([
        [3, at % 2 === 0 ? 2 : -1],
        [-3, at % 2 === 0 ? -2 : 1],
        [0, 1],
        [0, -1],
      ]),
    )
    const { data } = combineUsage(all)
    const spread = columnSpreads(all[0]!)[0]!
    expect(data[0]).to.be.closeTo((4 * 3) / spread, 1e-12)
    const plain = all.reduce((sum, one) => sum + one.data[1]! / columnSpreads(one)[1]!, 0)
    expect(data[1])
      .to.be.above(0)
      .and.below(plain / 2)
  })

  it('shrinks by m²/(m² + s²), s the standard error over checkpoints', () => {
    const values = [1, 2, 6]
    const all = values.map(value => matrix([[value], [-value], [4 - value], [value - 4]]))
    const scores = all.map(one => one.data[0]! / columnSpreads(one)[0]!)
    const mean = scores.reduce((sum, x) => sum + x, 0) / 3
    const error = scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (3 - 1) / 3
    expect(combineUsage(all).data[0]).to.be.closeTo((3 * mean ** 3) / (mean ** 2 + error), 1e-12)
  })

  it('leaves one or two checkpoints as they are, and keeps signs and order of magnitude in any number', () => {
    fc.assert(
      fc.property(matrices, all => {
        const plain = all.map(matrix).map(one => ({ one, by: columnSpreads(one) }))
        const { data } = combineUsage(all.map(matrix))
        data.forEach((x, at) => {
          const sum = plain.reduce(
            (total, { one, by }) => total + (by[at % 3]! > 0 ? one.data[at]! / by[at % 3]! : 0),
            0,
          )
          if (all.length < 3) expect(x).to.be.closeTo(sum, 1e-9)
          else expect(Math.abs(x)).to.be.at.most(Math.abs(sum) + 1e-9)
          expect(x * sum).to.be.at.least(0)
        })
      }),
    )
  })

  it('gives a row that is split the same factor: its parts sum to it', () => {
    const all = [2, 3, 7].map(x => matrix([[x], [1], [0]]))
    const { data } = combineUsage(all)
    const halves = [2, 3, 7].map(x => matrix([[x], [x / 2], [0]]))
    const split = combineUsage(halves).data
    expect(split[1]! / split[0]!).to.be.closeTo(0.5, 1e-12)
    expect(data[0]).to.be.above(0)
  })

  it('refuses no checkpoint, and matrices of different sizes', () => {
    expect(() => combineUsage([])).to.throw('at least one')
    expect(() => combineUsage([matrix([[1]]), matrix([[1], [2]])])).to.throw('1 x 1')
  })
})
