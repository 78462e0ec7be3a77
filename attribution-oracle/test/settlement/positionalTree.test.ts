import { expect } from 'chai'
import fc from 'fast-check'
import { isFault } from '../../src/errors'
import {
  fromHex,
  loadKeccak,
  NODE_BYTES,
  PositionalTree,
  rootOfProof,
  toHex,
  type Keccak,
} from '../../src/settlement'
import { hash24, naiveRoot } from './naiveTree'

describe('PositionalTree', () => {
  let keccak: Keccak
  before(async () => {
    keccak = await loadKeccak()
  })

  const treeOf = (leaves: readonly string[]): PositionalTree => {
    const bytes = new Uint8Array(leaves.length * NODE_BYTES)
    leaves.forEach((leaf, i) => bytes.set(fromHex(leaf), i * NODE_BYTES))
    return PositionalTree.fromLeaves(keccak, bytes)
  }

  const someLeaves = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => hash24(`0x${i.toString(16).padStart(8, '0')}`))

  // mostly hashes, sometimes an empty leaf
  const leafArbitrary = fc.option(fc.uint8Array({ minLength: 24, maxLength: 24 }).map(toHex), {
    nil: toHex(new Uint8Array(NODE_BYTES)) as `0x${string}`,
    freq: 4,
  })

  describe('given no leaves', () => {
    it('has a zero root and depth 0', () => {
      const tree = treeOf([])
      expect(tree.root).to.equal(`0x${'00'.repeat(24)}`)
      expect(tree.depth).to.equal(0)
    })
  })

  describe('given one leaf', () => {
    it('is its own root with an empty proof', () => {
      const [leaf] = someLeaves(1)
      const tree = treeOf([leaf!])
      expect(tree.root).to.equal(leaf)
      expect(tree.proof(0).length).to.equal(0)
    })
  })

  it('equals the naive tree, empty leaves included', () => {
    fc.assert(
      fc.property(fc.array(leafArbitrary, { maxLength: 40 }), leaves => {
        expect(treeOf(leaves).root).to.equal(naiveRoot(leaves))
      }),
    )
  })

  it('gives proofs of ceil(log2(count)) nodes that lead to the root, and to no other root when a byte changes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (count, at, byte) => {
        const tree = treeOf(someLeaves(count))
        const index = at % count
        const proof = tree.proof(index)
        expect(proof.length / NODE_BYTES).to.equal(count === 1 ? 0 : Math.ceil(Math.log2(count)))
        expect(rootOfProof(keccak, tree.leaf(index), index, proof)).to.equal(tree.root)
        if (proof.length === 0) return
        proof[byte % proof.length]! ^= 1
        expect(rootOfProof(keccak, tree.leaf(index), index, proof)).to.not.equal(tree.root)
      }),
    )
  })

  describe('given a bad position or proof', () => {
    const refused = (run: () => unknown): boolean => {
      try {
        run()
      } catch (error) {
        return isFault(error, 'INVALID_ARGUMENT')
      }
      return false
    }

    it('refuses positions outside of the tree', () => {
      const tree = treeOf(someLeaves(5))
      expect([-1, 5, 1.5].map(index => refused(() => tree.proof(index)))).to.deep.equal([true, true, true])
    })

    it('refuses a proof of a wrong length and index bits above its depth', () => {
      const tree = treeOf(someLeaves(4))
      const proof = tree.proof(1)
      expect(refused(() => rootOfProof(keccak, tree.leaf(1), 1, proof.subarray(1)))).to.equal(true)
      expect(refused(() => rootOfProof(keccak, tree.leaf(1), 1 + 4, proof))).to.equal(true)
    })

    it('refuses leaves that are not 24 bytes each', () => {
      expect(refused(() => PositionalTree.fromLeaves(keccak, new Uint8Array(25)))).to.equal(true)
    })
  })

  it('never returns a proof of a tree that was changed after it was built', () => {
    const tree = treeOf(someLeaves(6))
    tree.leaf(2)[0]! ^= 1
    expect(() => tree.proof(2)).to.throw('INVARIANT_BROKEN')
  })
})
