import { expect } from 'chai'
import fc from 'fast-check'
import { AttributionOracleError } from '../../../src/errors'
import { featuresOf, quantiseFeatures } from '../../../src/scoring/epoch/featureCodes'

const SIZES = [3, 2]
const row = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 5, maxLength: 5 })

describe('quantiseFeatures', () => {
  it('rounds to the nearest code of each layer, ties to even', () => {
    const { codes, scales } = quantiseFeatures([[127, 2.5, -3.5, 0.5, -0.25]], SIZES)
    expect([...codes]).to.deep.equal([127, 2, -4, 127, -64])
    expect([...scales]).to.deep.equal([127, 0.5])
  })

  it('is off by half a code of the layer at most', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), rows => {
        const codes = quantiseFeatures(rows, SIZES)
        rows.forEach((values, index) => {
          const features = featuresOf(codes, index)
          values.forEach((value, at) => {
            const layer = at < 3 ? values.slice(0, 3) : values.slice(3)
            const unit = Math.max(...layer.map(Math.abs)) / 127
            expect(Math.abs(features[at]! - value)).to.be.at.most(unit * 0.5001 + 1e-45)
          })
        })
      }),
    )
  })

  it('keeps a layer that nothing moves at zero', () => {
    const codes = quantiseFeatures([[0, 0, 0, 1e-60, -1e-60]], SIZES)
    expect([...featuresOf(codes, 0)]).to.deep.equal([0, 0, 0, 0, 0])
  })

  it('refuses sums beyond float32', () => {
    const run = (): unknown => quantiseFeatures([[1e39, 0, 0, 0, 0]], SIZES)
    expect(run).to.throw(AttributionOracleError).with.property('code', 'SCORING_FAILED')
  })
})
