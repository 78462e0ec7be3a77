import { expect } from 'chai'
import fc from 'fast-check'
import { AttributionOracleError } from '../../src/errors'
import { dequantiseRows, quantiseRows } from '../../src/featureStore'

const row = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 7, maxLength: 7 })

describe('quantiseRows', () => {
  it('is off by half a scale at most, and the scale is the largest magnitude / 127', () =>
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), rows => {
        const features = Float32Array.from(rows.flat())
        const quantised = quantiseRows(features, 7)
        const back = dequantiseRows(quantised)
        for (const [i, values] of rows.entries()) {
          const most = Math.max(...values.map(Math.abs))
          expect(quantised.scales[i]).to.equal(Math.fround(most / 127))
          for (let j = 0; j < 7; j++)
            expect(Math.abs(back[i * 7 + j]! - values[j]!)).to.be.at.most(
              0.5001 * quantised.scales[i]! + 1e-44,
            )
        }
      }),
      { numRuns: 100 },
    ))

  it('rounds halves to even', () => {
    const { codes } = quantiseRows(Float32Array.from([127, 0.5, 1.5, 2.5, -0.5, -1.5]), 6)
    expect([...codes.subarray(0, 6)]).to.deep.equal([127, 0, 2, 2, 0, -2])
  })

  it('gives a row of zeros no scale and pads rows with zeros', () => {
    const { scales, codes, stride } = quantiseRows(new Float32Array(6), 3)
    expect(stride).to.equal(16)
    expect([...scales]).to.deep.equal([0, 0])
    expect(codes.every(code => code === 0)).to.equal(true)
  })

  for (const bad of [NaN, Infinity, -Infinity])
    it(`refuses ${bad} and names the row`, () => {
      expect(() => quantiseRows(Float32Array.from([1, 2, bad, 4]), 2))
        .to.throw(AttributionOracleError, 'row 1 with NaN or infinity')
        .with.property('code', 'INVALID_ARGUMENT')
    })
})
