import { expect } from 'chai'
import fc from 'fast-check'
import { AttributionOracleError } from '../../../src/errors'
import { TOTAL_WEIGHT, toWeights } from '../../../src/scoring'

const total = (weights: ReadonlyMap<bigint, bigint>): bigint =>
  [...weights.values()].reduce((a, b) => a + b, 0n)
const scored = (...scores: number[]): Map<bigint, number> =>
  new Map(scores.map((score, index) => [BigInt(index), score]))

describe('toWeights', () => {
  const scores = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })

  it('gives exactly the total, or nothing when no score is positive', () => {
    fc.assert(
      fc.property(scores, values => {
        expect(total(toWeights(scored(...values)))).to.equal(
          values.some(value => value > 0) ? TOTAL_WEIGHT : 0n,
        )
      }),
    )
  })

  it('is within one unit of the exact share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 60 }),
        values => {
          const sum = values.reduce((a, b) => a + b, 0)
          for (const [id, weight] of toWeights(scored(...values))) {
            expect(Number(weight)).to.be.closeTo((1e9 * values[Number(id)]!) / sum, 1.01)
          }
        },
      ),
    )
  })

  it('does not depend on the order of the map', () => {
    fc.assert(
      fc.property(scores, values => {
        const entries = [...scored(...values)]
        expect([...toWeights(new Map([...entries].reverse()))]).to.deep.equal([
          ...toWeights(new Map(entries)),
        ])
      }),
    )
  })

  it('gives the units that are left over to the lower ids', () => {
    expect([...toWeights(scored(1, 1, 1))]).to.deep.equal([
      [0n, 333333334n],
      [1n, 333333333n],
      [2n, 333333333n],
    ])
  })

  it('leaves out what is zero or negative', () => {
    expect([...toWeights(scored(0, -5, 2, -0))]).to.deep.equal([[2n, TOTAL_WEIGHT]])
  })

  it('refuses what is not finite', () => {
    expect(() => toWeights(scored(1, NaN))).to.throw(AttributionOracleError, 'contribution 1')
    expect(() => toWeights(scored(Infinity))).to.throw(AttributionOracleError, 'contribution 0')
  })
})
