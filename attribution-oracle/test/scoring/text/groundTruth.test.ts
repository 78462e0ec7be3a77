import { expect } from 'chai'
import { spanScores } from '../../../src/scoring/text/spanScores'
import { lds, readTinylm } from './tinylm'

const tinylm = readTinylm()
const skipped = tinylm ? '' : ' (skipped: no data at ../shared/data nor in OPEN_DATANETS_DATA)'

describe(`spanScores, against models that were trained without rows${skipped}`, () => {
  // best gradient method of a peer on the same arrays: .544
  const bars = [
    { form: 'own', atLeast: 0.72 },
    { form: 'rare', atLeast: 0.7 },
    { form: 'shared', atLeast: 0.45 },
  ] as const
  for (const { form, atLeast } of bars) {
    it(`predicts what a row is worth: ${form}`, function () {
      if (!tinylm) return this.skip()
      expect(lds(spanScores(tinylm.train, tinylm.query, { form }), tinylm)).to.be.at.least(atLeast)
    })
  }
})
