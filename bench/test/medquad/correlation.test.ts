import { expect } from 'chai'
import fc from 'fast-check'
import { pearson, spearman } from '../../src/medquad/correlation'

describe('pearson', () => {
  it('is the number that one gets by hand', () => {
    expect(pearson([1, 2, 3, 4], [1, 3, 2, 4])).to.be.closeTo(0.8, 1e-12)
  })

  it('stays the same under any rising line, and turns its sign under a falling one', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 12 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), fc.integer(), (x, slope, shift) => {
        const y = x.map((value, i) => value + ((i * 7) % 5))
        const expected = pearson(x, y)
        fc.pre(!Number.isNaN(expected))
        const line = y.map(value => slope * value + (shift % 1000))
        expect(pearson(x, line)).to.be.closeTo(expected, 1e-9)
        expect(
          pearson(
            x,
            line.map(value => -value),
          ),
        ).to.be.closeTo(-expected, 1e-9)
      }),
    )
  })

  it('is no number for constants and for fewer than three points', () => {
    expect(pearson([1, 1, 1], [1, 2, 3])).to.be.NaN
    expect(pearson([1, 2], [1, 2])).to.be.NaN
  })
})

describe('spearman', () => {
  it('sees order only, with ties at their mean rank', () => {
    expect(spearman([1, 10, 100], [2, 3, 5])).to.be.closeTo(1, 1e-12)
    expect(spearman([1, 2, 2, 3], [1, 2.5, 2.5, 4])).to.be.closeTo(1, 1e-12)
  })
})
