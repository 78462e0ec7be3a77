import { expect } from 'chai'
import fc from 'fast-check'
import { drawEvaluation } from '../../../src/scoring'

const items = Array.from({ length: 100 }, (_, i) => ({ digest: `0x${i}`, name: String(i) }))

describe('drawEvaluation', () => {
  it('draws the share asked for, in order, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.string(), (share, seed) => {
        const drawn = drawEvaluation(items, share, seed)
        expect(drawn).to.have.length(Math.ceil(share * 100))
        expect(drawn).to.deep.equal(items.filter(item => drawn.includes(item)))
        expect(drawEvaluation([...items].reverse(), share, seed)).to.have.deep.members(drawn)
      }),
    )
  })

  it('draws others for another seed', () => {
    expect(drawEvaluation(items, 0.5, 'a')).to.not.deep.equal(drawEvaluation(items, 0.5, 'b'))
  })

  it('never draws nothing', () => {
    expect(drawEvaluation(items.slice(0, 1), 0.01, '')).to.have.length(1)
  })
})
