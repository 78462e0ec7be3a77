import { expect } from 'chai'
import { UnigramBaseline } from '../../../src/scoring/epoch/unigram'

describe('UnigramBaseline', () => {
  const baseline = new UnigramBaseline(16)
  baseline.observe(Array.from({ length: 1600 }, (_, index) => index % 16))

  it('costs about the entropy where the text is like the corpus', () => {
    const ids = Array.from({ length: 320 }, (_, index) => (index * 5) % 16)
    expect(baseline.cost(ids) / ids.length).to.be.closeTo(Math.log(16), 0.1)
  })

  it('learns the frequencies of the text itself', () => {
    const ids = Array.from({ length: 3200 }, () => 3)
    expect(baseline.cost(ids) / ids.length).to.be.below(0.5)
  })
})
