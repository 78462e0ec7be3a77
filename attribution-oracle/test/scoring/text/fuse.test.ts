import { expect } from 'chai'
import fc from 'fast-check'
import { isFault } from '../../../src/errors'
import { fuse } from '../../../src/scoring/text/fuse'

describe('fuse', () => {
  const matrix = (rows: number[][]) => ({
    rows: rows.length,
    columns: rows[0]?.length ?? 0,
    data: Float64Array.from(rows.flat()),
  })

  it('puts each column in units of its spread and adds the spans with their weight', () => {
    const fused = fuse(matrix([[2], [-2]]), matrix([[0], [8]]), 0.5)
    expect([...fused.data]).to.deep.equal([1, 0])
  })

  it('orders each column as z-scores do', () => {
    const column = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(column, column, fc.integer({ min: 0, max: 8 }), (a, b, weight) => {
        const z = (values: number[]): number[] => {
          const mean = values.reduce((sum, value) => sum + value, 0) / 3
          const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3)
          return values.map(value => (spread > 0 ? (value - mean) / spread : 0))
        }
        const [za, zb] = [z(a), z(b)]
        const wanted = za.map((value, i) => value + weight * zb[i]!)
        const { data } = fuse(matrix(a.map(v => [v])), matrix(b.map(v => [v])), weight)
        for (const [i, j] of [
          [0, 1],
          [1, 2],
          [0, 2],
        ] as const)
          expect(data[i]! - data[j]!).to.be.closeTo(wanted[i]! - wanted[j]!, 1e-9)
      }),
    )
  })

  it('leaves the spread to contributors where groups are given', () => {
    // the contributors' sums are 4 and 0, and 0 and 2: spreads 2 and 1
    const fused = fuse(matrix([[3], [1], [0]]), matrix([[0], [0], [2]]), 1, { groups: [7, 7, 9] })
    expect([...fused.data]).to.deep.equal([1.5, 0.5, 2])
  })

  it('adds nothing for a column that is the same everywhere', () => {
    const fused = fuse(matrix([[2], [-2]]), matrix([[0.1], [0.1]]), 1)
    expect([...fused.data]).to.deep.equal([1, -1])
  })

  const two = matrix([[1], [2]])
  const cases: [string, () => unknown][] = [
    ['other shapes', () => fuse(two, matrix([[1]]), 1)],
    ['groups of another length', () => fuse(two, two, 1, { groups: [0] })],
    ['a weight below 0', () => fuse(two, two, -1)],
    ['a weight that is none', () => fuse(two, two, NaN)],
  ]
  for (const [name, work] of cases) {
    it(`refuses ${name}`, () => {
      expect(work)
        .to.throw()
        .that.satisfies((error: unknown) => isFault(error, 'INVALID_ARGUMENT'))
    })
  }
})
