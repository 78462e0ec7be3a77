import { expect } from 'chai'
import fc from 'fast-check'
import { retrainEvidence, subsetMasks } from '../../../src/scoring/audit/retrainEvidence'

describe('subsetMasks', () => {
  it('keeps the same number of samples in every subset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (rows, fraction) => {
          const masks = subsetMasks({ rows, subsets: 5, seed: 's', fraction })
          const counts = [0, 1, 2, 3, 4].map(s =>
            masks.subarray(s * rows, (s + 1) * rows).reduce((a, b) => a + b, 0),
          )
          expect(new Set(counts).size).to.equal(1)
          expect(counts[0]).to.be.within(1, rows - 1)
        },
      ),
    )
  })
  it('draws whole contributors where groups are given', () => {
    const groups = [7, 7, 3, 3, 9, 9]
    const masks = subsetMasks({ rows: 6, subsets: 20, seed: 's', groups })
    for (let s = 0; s < 20; s++) {
      const mask = masks.subarray(6 * s, 6 * s + 6)
      expect([mask[0], mask[2], mask[4]]).to.deep.equal([mask[1], mask[3], mask[5]])
    }
  })
  it('refuses one contributor', () => {
    expect(() => subsetMasks({ rows: 2, subsets: 1, seed: 's', groups: [1, 1] })).to.throw(/two or more/)
  })
})

describe('retrainEvidence', () => {
  it('averages repeats of a subset and keeps the order', async () => {
    const evidence = await retrainEvidence(
      tasks =>
        Promise.resolve(
          tasks.map(({ mask, seed }) => Float64Array.of(mask[0]!, seed.endsWith('/1') ? 3 : 1)),
        ),
      { rows: 4, subsets: 6, seed: 's', repeats: 2 },
    )
    expect(evidence.columns).to.equal(2)
    for (let s = 0; s < 6; s++)
      expect([...evidence.losses.subarray(2 * s, 2 * s + 2)]).to.deep.equal([evidence.masks[4 * s], 2])
  })
})
