import { expect } from 'chai'
import fc from 'fast-check'
import { NgramBaseline, windowsOf } from '../../src'

describe('NgramBaseline', () => {
  // One file "0 0 1", end of text 2: predicted are 0 after 2, 0 after 0, 1 after 0, 2 after 1.
  const END = 2
  const baseline = new NgramBaseline(windowsOf([0, 0, 1], END, 4), 3)
  const heldOut = windowsOf([0], END, 4)

  it('smooths the unigram by one count each', () => {
    expect([0, 1, 2].map(token => baseline.unigram(token))).to.deep.equal([3 / 7, 2 / 7, 2 / 7])
  })

  it('mixes the bigram with the unigram', () => {
    expect(baseline.bigram(0, 0, 1)).to.be.closeTo(10 / 21, 1e-12)
    expect(baseline.bigram(0, 1, 1)).to.be.closeTo(9 / 21, 1e-12)
    expect(baseline.bigram(0, 2, 1)).to.be.closeTo(2 / 21, 1e-12)
  })

  it('sums the loss of held-out tokens as computed by hand', () => {
    expect(baseline.unigramNats(heldOut)).to.be.closeTo(-Math.log((3 / 7) * (2 / 7)), 1e-12)
    // 0 after the end of text: (1 + 3/7) / 2; the end of text after 0: 2/21.
    expect(baseline.bigramNats(heldOut, 1)).to.be.closeTo(-Math.log((5 / 7) * (2 / 21)), 1e-12)
  })

  it('does not score padding', () => {
    expect(baseline.unigramNats(windowsOf([0], END, 64))).to.equal(baseline.unigramNats(heldOut))
  })

  it('gives probabilities that sum to one, also after a token that was never seen', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { maxLength: 30 }),
        fc.nat(7),
        fc.integer({ min: 1, max: 64 }),
        (ids, context, prior) => {
          const counts = new NgramBaseline(windowsOf(ids, 7, 8), 9)
          const sum = Array.from({ length: 9 }, (_, token) => counts.bigram(context, token, prior)).reduce(
            (a, b) => a + b,
          )
          expect(sum).to.be.closeTo(1, 1e-9)
        },
      ),
    ))

  it('takes the prior that suits the held-out tokens best', () => {
    const best = baseline.bestBigramNats(heldOut)
    for (const prior of [1, 2, 4, 8, 16, 32, 64])
      expect(best).to.be.at.most(baseline.bigramNats(heldOut, prior))
  })
})
