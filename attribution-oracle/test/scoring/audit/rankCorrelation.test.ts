import { expect } from 'chai'
import fc from 'fast-check'
import { pearson, ranks, spearman } from '../../../src/scoring/audit/rankCorrelation'

describe('ranks', () => {
  it('gives ties their mean', () => {
    expect([...ranks([3, 1, 3, 0])]).to.deep.equal([2.5, 1, 2.5, 0])
  })
})

describe('spearman', () => {
  const sample = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
    minLength: 2,
    maxLength: 40,
  })

  it('is blind to increasing maps', () => {
    fc.assert(
      fc.property(sample, pairs => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)]
        expect(
          spearman(
            a.map(x => Math.exp(x)),
            b,
          ),
        ).to.be.closeTo(spearman(a, b), 1e-12)
      }),
    )
  })

  it('turns its sign with one side', () => {
    fc.assert(
      fc.property(sample, pairs => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)]
        expect(
          spearman(
            a.map(x => -x),
            b,
          ),
        ).to.be.closeTo(-spearman(a, b), 1e-12)
      }),
    )
  })

  it('agrees with the formula of squared rank differences where there are no ties', () => {
    // 1 - 6 Σd² / (n(n² - 1)) with d = 1, 1, 1, -1, -2
    expect(spearman([1, 2, 3, 4, 5], [20, 10, 40, 50, 30])).to.be.closeTo(1 - (6 * 8) / (5 * 24), 1e-12)
  })
})

describe('pearson', () => {
  it('is 0 where a side does not vary', () => {
    expect(pearson([1, 1, 1], [1, 2, 3])).to.equal(0)
  })
})
