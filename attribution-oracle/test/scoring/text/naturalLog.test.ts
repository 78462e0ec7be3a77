import { expect } from 'chai'
import fc from 'fast-check'
import { naturalLog } from '../../../src/scoring/text/naturalLog'

describe('naturalLog', () => {
  const numbers = [
    ['any size', fc.double({ min: 1e-300, max: 1e300, noNaN: true })],
    ['counts', fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })],
    ['near 1', fc.double({ min: 0.5, max: 2, noNaN: true })],
  ] as const
  for (const [name, arbitrary] of numbers) {
    it(`is within 1e-15 of the engine's: ${name}`, () => {
      fc.assert(
        fc.property(arbitrary, x => {
          expect(Math.abs(naturalLog(x) - Math.log(x))).to.be.at.most(1e-15 * Math.abs(Math.log(x)))
        }),
        { numRuns: 2000 },
      )
    })
  }

  it('has these bits on every machine', () => {
    const bits = (x: number) => Buffer.from(Float64Array.of(naturalLog(x)).buffer).toString('hex')
    expect([1, 2, 3, 10, 458, 10_000_000, 0.1, Number.MAX_VALUE].map(bits)).to.deep.equal([
      '0000000000000000',
      'ef39fafe422ee63f',
      '0b03ad7aea93f13f',
      '1655b5bbb16b0240',
      '0190d2fee9811840',
      '73aa3e843b1e3040',
      '1555b5bbb16b02c0',
      'ef39fafe422e8640',
    ])
  })
})
