import { expect } from 'chai'
import { slopeOf } from '../../src/soak/slope'

/** A seeded generator of numbers from -0.5 to 0.5 (Numerical Recipes' LCG). */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

describe('slopeOf', () => {
  const times = Array.from({ length: 200 }, (_, i) => i / 20)

  it('gives the slope of a line, without an error', () => {
    const { perUnit, error } = slopeOf(
      times,
      times.map(time => 3 + 2 * time),
    )
    expect(perUnit).to.be.closeTo(2, 1e-9)
    expect(error).to.be.closeTo(0, 1e-9)
  })

  it('finds a slope in independent noise', () => {
    const next = noise(1)
    const { perUnit, error } = slopeOf(
      times,
      times.map(time => time + 4 * next()),
    )
    expect(Math.abs(perUnit - 1)).to.be.below(3 * error)
    expect(perUnit).to.be.above(5 * error)
  })

  it('is less sure where each sample follows the one before: a walk that goes nowhere is no slope', () => {
    const wrong = Array.from({ length: 40 }, (_, seed) => {
      const next = noise(seed + 1)
      let at = 0
      const { perUnit, error } = slopeOf(
        times,
        times.map(() => (at = 0.95 * at + next())),
      )
      return Math.abs(perUnit) > 2 * error
    }).filter(Boolean)
    expect(wrong.length).to.be.at.most(8)
  })

  it('cannot tell with too few samples', () => {
    expect(slopeOf([0, 1], [0, 5]).error).to.equal(Infinity)
  })
})
