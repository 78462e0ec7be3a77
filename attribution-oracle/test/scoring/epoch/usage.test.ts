import { expect } from 'chai'
import { addShares, unitSpread } from '../../../src/scoring/epoch/usage'

describe('usage', () => {
  it('splits a price over what helped, in proportion', () => {
    const shares = new Map([[1n, 10]])
    addShares(
      shares,
      new Map([
        [1n, 3],
        [2n, -4],
        [3n, 1],
      ]),
      8,
    )
    expect([...shares]).to.deep.equal([
      [1n, 16],
      [3n, 2],
    ])
  })

  it('gives nothing where nothing helped', () => {
    const shares = new Map<bigint, number>()
    addShares(shares, new Map([[1n, -1]]), 8)
    expect(shares.size).to.equal(0)
  })

  it('brings every checkpoint to the same spread', () => {
    expect(unitSpread([1, 3])).to.deep.equal([1, 3])
    expect(unitSpread([10, 30])).to.deep.equal([1, 3])
    expect(unitSpread([5, 5])).to.deep.equal([0, 0])
  })
})
