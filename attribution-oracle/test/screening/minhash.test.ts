import { expect } from 'chai'
import fc from 'fast-check'
import { BandIndex } from '../../src/screening/bands'
import { MinHash } from '../../src/screening/minhash'
import { overlap } from '../../src/screening/overlap'

/** Two sets of 52-bit numbers that share `both` of `both + each + each`. */
function pair(seed: number, both: number, each: number): [Float64Array, Float64Array] {
  const value = (index: number): number =>
    ((Math.imul(index + seed * 7919, 0x9e3779b1) >>> 0) + index * 2 ** 32) % 2 ** 52
  const range = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => value(from + i))
  const shared = range(0, both)
  return [
    Float64Array.from([...shared, ...range(both, each)]).sort(),
    Float64Array.from([...shared, ...range(both + each, each)]).sort(),
  ]
}

describe('MinHash', () => {
  it('agrees in about the share of permutations that is the Jaccard similarity', () => {
    const minhash = new MinHash(128)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 50, max: 400 }), (seed, both) => {
        const [a, b] = pair(seed, both, 100)
        const left = minhash.signature(a)
        const right = minhash.signature(b)
        const agreed = left.filter((value, index) => value === right[index]).length / 128
        expect(agreed).to.be.closeTo(overlap(a, b).jaccard, 0.25)
      }),
    )
  })

  it('with bands finds pairs of similarity 0.7 and above', () => {
    const minhash = new MinHash(128)
    let found = 0
    for (let seed = 1; seed <= 200; seed++) {
      const [a, b] = pair(seed, 350, 75)
      const index = new BandIndex(128, 4)
      index.candidatesThenAdd(0, minhash.signature(a))
      found += index.candidatesThenAdd(1, minhash.signature(b)).length
    }
    expect(found).to.equal(200)
  })
})

describe('overlap', () => {
  it('is exact', () => {
    const found = overlap(Float64Array.of(1, 2, 3, 4), Float64Array.of(3, 4, 5))
    expect(found).to.deep.equal({ jaccard: 2 / 5, containment: 2 / 4 })
  })

  it('of an empty set is zero', () => {
    expect(overlap(new Float64Array(0), Float64Array.of(1))).to.deep.equal({ jaccard: 0, containment: 0 })
  })
})
