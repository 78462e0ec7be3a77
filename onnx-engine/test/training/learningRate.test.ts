import { expect } from 'chai'
import { learningRateAt } from '../../src/training/learningRate'

describe('learningRateAt', () => {
  const schedule = { learningRate: 2, warmupSteps: 10, totalSteps: 110, finalShare: 0.1 }

  it('rises in a line to the highest rate', () => {
    expect(learningRateAt(1, schedule)).to.be.closeTo(0.2, 1e-12)
    expect(learningRateAt(5, schedule)).to.be.closeTo(1, 1e-12)
    expect(learningRateAt(10, schedule)).to.equal(2)
  })

  it('falls along half a cosine to its final share and stays there', () => {
    expect(learningRateAt(60, schedule)).to.be.closeTo(2 * (0.1 + 0.9 / 2), 1e-12)
    expect(learningRateAt(110, schedule)).to.be.closeTo(0.2, 1e-12)
    expect(learningRateAt(500, schedule)).to.be.closeTo(0.2, 1e-12)
  })

  it('needs no warm-up', () => {
    expect(learningRateAt(1, { ...schedule, warmupSteps: 0 })).to.be.within(1.99, 2)
  })
})
