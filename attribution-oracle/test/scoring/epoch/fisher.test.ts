import { expect } from 'chai'
import { BlockFisher, consecutiveBlocks } from '../../../src/scoring/epoch/fisher'

describe('BlockFisher', () => {
  const blocks = consecutiveBlocks([2, 1])

  function factorOf(damping: number): ReturnType<BlockFisher['factor']> {
    const fisher = new BlockFisher(blocks)
    fisher.add(Float32Array.of(2, 0, 3), 1)
    fisher.add(Float32Array.of(0, 4, 3), 3)
    return fisher.factor(damping)
  }

  it('is the second moment per token and layer plus a share of its mean eigenvalue', () => {
    // first layer: diag(4, 16) / 4 + 0.1 * 2.5; second layer: 18 / 4 + 0.1 * 4.5
    const [x, y, z] = factorOf(0.1).solve([1, 1, 1])
    expect(x).to.be.closeTo(1 / 1.25, 1e-12)
    expect(y).to.be.closeTo(1 / 4.25, 1e-12)
    expect(z).to.be.closeTo(1 / 4.95, 1e-12)
  })

  it('measures the length of a vector in units of its diagonal', () => {
    const expected = 9 / 1.25 + 4 / 4.25 + 1 / 4.95
    expect(factorOf(0.1).energy([9, 9, 9, 3, -2, 1], 3)).to.be.closeTo(expected, 1e-12)
  })

  it('keeps a layer without curvature out of the way instead of failing', () => {
    const fisher = new BlockFisher(blocks)
    fisher.add([1, 1, 0], 1)
    expect(fisher.factor(0.1).solve([0, 0, 5])[2]).to.equal(5)
  })
})
