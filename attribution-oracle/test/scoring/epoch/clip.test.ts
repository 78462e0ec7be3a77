import { expect } from 'chai'
import { clipDensity } from '../../../src/scoring/epoch/clip'

describe('clipDensity', () => {
  const sizes = new Map(Array.from({ length: 100 }, (_, index) => [BigInt(index), 10] as const))

  it('limits a score per byte to the quantile and leaves the others', () => {
    const scores = new Map(
      Array.from({ length: 100 }, (_, index) => [BigInt(index), index === 7 ? 5000 : index] as const),
    )
    const clipped = clipDensity(scores, sizes, 0.99)
    expect(clipped.get(7n)).to.equal(99)
    expect(clipped.get(98n)).to.equal(98)
    expect(clipped.get(0n)).to.equal(0)
  })

  it('compares by byte, not by file', () => {
    const clipped = clipDensity(
      new Map([
        [0n, 100],
        [1n, 60],
        [2n, 10],
      ]),
      new Map([
        [0n, 100],
        [1n, 10],
        [2n, 10],
      ]),
      0.5,
    )
    expect([...clipped.values()]).to.deep.equal([100, 10, 10])
  })
})
