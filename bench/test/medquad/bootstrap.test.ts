import { expect } from 'chai'
import { bootstrap, formatInterval } from '../../src/medquad/bootstrap'

describe('bootstrap', () => {
  it('gives for a share about what the binomial distribution says', () => {
    const hits = Array.from({ length: 400 }, (_, i) => i % 5 !== 0)
    const { low, high } = bootstrap('seed', draw => {
      const drawn = draw(hits.length)
      return drawn.filter(index => hits[index]).length / drawn.length
    })
    const deviation = Math.sqrt((0.8 * 0.2) / hits.length)
    expect(low).to.be.closeTo(0.8 - 1.96 * deviation, 0.008)
    expect(high).to.be.closeTo(0.8 + 1.96 * deviation, 0.008)
  })

  it('draws with replacement, and the same for the same seed', () => {
    let repeated = false
    const count = (draw: (count: number) => number[]): number => {
      const distinct = new Set(draw(10)).size
      repeated ||= distinct < 10
      return distinct
    }
    expect(bootstrap('seed', count)).to.deep.equal(bootstrap('seed', count))
    expect(repeated).to.equal(true)
  })

  it('leaves out draws without a number', () => {
    let calls = 0
    expect(bootstrap('seed', () => (calls++ % 2 === 0 ? NaN : 3))).to.deep.equal({ low: 3, high: 3 })
  })
})

describe('formatInterval', () => {
  it('prints two digits', () => {
    expect(formatInterval({ low: -0.1234, high: 0.987 })).to.equal('-0.12 to 0.99')
  })
})
