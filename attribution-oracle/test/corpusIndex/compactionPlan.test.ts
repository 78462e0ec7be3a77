import { expect } from 'chai'
import fc from 'fast-check'
import { newestToMerge } from '../../src/corpusIndex/compactionPlan'

describe('newestToMerge', () => {
  it('leaves each shard more than twice the one after it', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(lengths, added => {
        let shards: number[] = []
        for (const length of added) {
          shards.push(length)
          const merged = newestToMerge(shards)
          const sum = shards.slice(shards.length - merged).reduce((a, b) => a + b, 0)
          if (merged > 0) shards = [...shards.slice(0, -merged), sum]
        }
        shards.slice(1).forEach((length, i) => expect(shards[i]).to.be.greaterThan(2 * length))
      }),
    )
  })

  it('merges nothing into a shard that 31 bits could not count', () => {
    expect(newestToMerge([2 ** 30, 2 ** 30])).to.equal(0)
    expect(newestToMerge([2 ** 30, 2 ** 30 - 1])).to.equal(2)
  })

  it('merges no single shard, and none of none', () => {
    expect(newestToMerge([5])).to.equal(0)
    expect(newestToMerge([])).to.equal(0)
  })
})
