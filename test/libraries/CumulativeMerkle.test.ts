import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { concat, dataSlice, solidityPacked } from 'ethers'
import fc from 'fast-check'
import { ethers } from 'hardhat'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { EMPTY, PositionalTree, hash24 } from './positionalTree'
import { TREES, treeTag } from './treeLeaves'
import { type TreeVectors, serialize, treeVectors } from './treeVectors'

const FILE = join(__dirname, '../vectors/trees.json')

async function fixture() {
  return { merkle: await ethers.deployContract('CumulativeMerkleMock') }
}

// What the file holds: whole numbers above 32 bits are decimal strings, which ethers takes as they are.
function stored(): TreeVectors {
  return JSON.parse(readFileSync(FILE, 'utf8')) as TreeVectors
}

describe('CumulativeMerkle', () => {
  describe('the vectors file', () => {
    it('is what the reference tree gives', () => {
      const made = serialize(treeVectors())
      if (process.env['UPDATE_VECTORS'] === '1') writeFileSync(FILE, made)
      expect(readFileSync(FILE, 'utf8')).to.equal(made)
    })
  })

  describe('domain', () => {
    it('is the one in the vectors, for every tree', async () => {
      const { merkle } = await loadFixture(fixture)
      const vectors = stored()
      const { vault, specVersion } = vectors.domainInputs
      const domains = await Promise.all(TREES.map(tree => merkle.domain(treeTag(tree), vault, specVersion)))
      const { settlement, manifest, journal, ledger } = vectors
      expect(domains).to.deep.equal([settlement, manifest, journal, ledger].map(tree => tree.domain))
    })

    it('differs by tree, vault and version', async () => {
      const { merkle } = await loadFixture(fixture)
      const [one, other] = await ethers.getSigners()
      const domains = await Promise.all([
        ...TREES.map(tree => merkle.domain(treeTag(tree), one!, 1)),
        merkle.domain(treeTag('Ledger'), other!, 1),
        merkle.domain(treeTag('Ledger'), one!, 2),
      ])
      expect(new Set(domains).size).to.equal(domains.length)
    })
  })

  describe('leaves', () => {
    it('encodes a ledger leaf as in the vectors', async () => {
      const { merkle } = await loadFixture(fixture)
      const { domain, entries, leaves } = stored().ledger
      for (const [i, { account, cumulative, prefix }] of entries.entries()) {
        expect(await merkle.ledgerLeaf(domain, account, cumulative, prefix)).to.equal(leaves[i])
      }
    })

    it('encodes a journal leaf as in the vectors', async () => {
      const { merkle } = await loadFixture(fixture)
      const { domain, entries, leaves } = stored().journal
      for (const [i, { contributorIndex, poolPosition, amount, prefix }] of entries.entries()) {
        expect(await merkle.journalLeaf(domain, contributorIndex, poolPosition, amount, prefix)).to.equal(
          leaves[i],
        )
      }
    })

    it('encodes a manifest leaf as in the vectors', async () => {
      const { merkle } = await loadFixture(fixture)
      const { domain, entries, leaves } = stored().manifest
      for (const [i, e] of entries.entries()) {
        const { poolId, settlementRoot, leafCount, totalWeight, amount, cumulative, prefix } = e
        expect(
          await merkle.manifestLeaf(
            domain,
            poolId,
            settlementRoot,
            leafCount,
            totalWeight,
            amount,
            cumulative,
            prefix,
          ),
        ).to.equal(leaves[i])
      }
    })

    it('encodes a settlement leaf as in the vectors', async () => {
      const { merkle } = await loadFixture(fixture)
      const { domain, entries, leaves } = stored().settlement
      for (const [i, { poolId, contributorIndex, contributionId, weight, prefix }] of entries.entries()) {
        expect(
          await merkle.settlementLeaf(domain, poolId, contributorIndex, contributionId, weight, prefix),
        ).to.equal(leaves[i])
      }
    })
  })

  describe('processProof', () => {
    it('gives the root of every tree in the vectors from every position', async () => {
      const { merkle } = await loadFixture(fixture)
      const { ledger, journal, manifest, settlement } = stored()
      for (const { leaves, trees } of [ledger, journal, manifest, settlement]) {
        for (const { root, proofs } of trees) {
          for (const [position, proof] of proofs.entries()) {
            expect(await merkle.processProof(leaves[position]!, position, proof)).to.equal(root)
          }
        }
      }
    })

    it('agrees with the reference on random trees, and on no other position', async () => {
      const { merkle } = await loadFixture(fixture)
      const cases = fc
        .integer({ min: 1, max: 70 })
        .chain(count => fc.tuple(fc.constant(count), fc.nat(count - 1)))
      await fc.assert(
        fc.asyncProperty(cases, fc.uint8Array({ minLength: 8, maxLength: 8 }), async ([count, at], seed) => {
          const leaves = Array.from({ length: count }, (_, i) => hash24(ethers.toBeHex(i, 4) + hex(seed)))
          const tree = new PositionalTree(leaves)
          expect(await merkle.processProof(leaves[at]!, at, tree.proof(at))).to.equal(tree.root)
          if (at > 0)
            expect(await merkle.processProof(leaves[at]!, at - 1, tree.proof(at))).not.to.equal(tree.root)
        }),
        { numRuns: 40 },
      )
    })

    describe('given a proof that is not whole nodes', () => {
      it('reverts with its length', async () => {
        const { merkle } = await loadFixture(fixture)
        const { leaves, trees } = stored().ledger
        const proof = trees.at(-1)!.proofs[0]!
        for (const cut of [dataSlice(proof, 0, 71), dataSlice(proof, 0, 1), concat([proof, '0x00'])]) {
          await expect(merkle.processProof(leaves[0]!, 0, cut))
            .to.be.revertedWithCustomError(merkle, 'CumulativeMerkle_ProofLength')
            .withArgs((cut.length - 2) / 2)
        }
      })
    })

    describe('given a position beyond the depth of the proof', () => {
      it('reverts with position and depth', async () => {
        const { merkle } = await loadFixture(fixture)
        const { leaves, trees } = stored().ledger
        const proof = trees.at(-1)!.proofs[1]!
        for (const position of [8n + 1n, (1n << 31n) | 1n, (1n << 255n) | 1n]) {
          await expect(merkle.processProof(leaves[1]!, position, proof))
            .to.be.revertedWithCustomError(merkle, 'CumulativeMerkle_PositionOutside')
            .withArgs(position, 3)
        }
        await expect(merkle.processProof(leaves[0]!, 1, '0x'))
          .to.be.revertedWithCustomError(merkle, 'CumulativeMerkle_PositionOutside')
          .withArgs(1, 0)
      })
    })
  })

  describe('processEmpty', () => {
    it('proves every empty position of every tree, and no position that holds a leaf', async () => {
      const { merkle } = await loadFixture(fixture)
      const { leaves } = stored().ledger
      for (const count of [1, 2, 3, 5, 8]) {
        const tree = new PositionalTree(leaves.slice(0, count))
        for (let position = 0; position < tree.width; position++) {
          const root = await merkle.processEmpty(position, tree.proof(position))
          expect(root === tree.root).to.equal(position >= count)
        }
      }
    })

    it('gives the empty node for an empty tree', async () => {
      const { merkle } = await loadFixture(fixture)
      expect(await merkle.processEmpty(2, concat([EMPTY, EMPTY]))).to.equal(EMPTY)
      expect(await merkle.processEmpty(0, '0x')).to.equal(EMPTY)
    })

    describe('given a bad proof', () => {
      it('reverts for a part of a node and for a position outside', async () => {
        const { merkle } = await loadFixture(fixture)
        await expect(merkle.processEmpty(0, concat([EMPTY, '0x00'])))
          .to.be.revertedWithCustomError(merkle, 'CumulativeMerkle_ProofLength')
          .withArgs(1)
        await expect(merkle.processEmpty(2, EMPTY))
          .to.be.revertedWithCustomError(merkle, 'CumulativeMerkle_PositionOutside')
          .withArgs(1, 0)
      })
    })
  })

  describe('subtreeRoot', () => {
    it('is the node of the naive tree over any run that starts a subtree, full or ragged', async () => {
      const { merkle } = await loadFixture(fixture)
      const runs = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.nat(6), fc.nat(69))
      await fc.assert(
        fc.asyncProperty(runs, async ([count, height, at]) => {
          const tree = new PositionalTree(
            Array.from({ length: count }, (_, i) => hash24(ethers.toBeHex(i, 4))),
          )
          const level = Math.min(height, Math.log2(tree.width))
          const first = ((at % count) >> level) << level
          const run = tree.leaves.slice(first, first + 2 ** level)
          const node = await merkle.subtreeRoot(run, level)
          const proof = dataSlice(tree.proof(first), 24 * level)
          expect(await merkle.processProof(node, first >> level, proof)).to.equal(tree.root)
          expect(await merkle.subtreeRootIsClean(run, level)).to.equal(true)
        }),
        { numRuns: 60 },
      )
    })

    it('is a page of 64, of one leaf, and empty over no leaves', async () => {
      const { merkle } = await loadFixture(fixture)
      const leaves = Array.from({ length: 64 }, (_, i) => hash24(ethers.toBeHex(i, 4)))
      expect(await merkle.subtreeRoot(leaves, 6)).to.equal(new PositionalTree(leaves).root)
      expect(await merkle.subtreeRoot(leaves.slice(0, 1), 0)).to.equal(leaves[0])
      expect(await merkle.subtreeRoot(leaves.slice(0, 1), 2)).to.equal(
        hash24(concat([hash24(concat([leaves[0]!, EMPTY])), EMPTY])),
      )
      expect(await merkle.subtreeRoot([], 6)).to.equal(EMPTY)
    })
  })

  describe('ledgerLeaves', () => {
    it('are the leaves in the vectors, from any prefix on', async () => {
      const { merkle } = await loadFixture(fixture)
      const { domain, entries, leaves } = stored().ledger
      for (const from of [0, 1, 3]) {
        const packed = entries
          .slice(from)
          .map(({ account, cumulative }) => solidityPacked(['address', 'uint128'], [account, cumulative]))
        expect(await merkle.ledgerLeaves(domain, entries[from]!.prefix, concat(packed))).to.equal(
          concat(leaves.slice(from)),
        )
      }
    })
  })

  describe('heightOf', () => {
    it('is the least height that holds the leaves', async () => {
      const { merkle } = await loadFixture(fixture)
      const cases = [
        [0, 0],
        [1, 0],
        [2, 1],
        [3, 2],
        [64, 6],
        [65, 7],
        [256, 8],
      ] as const
      for (const [count, height] of cases) expect(await merkle.heightOf(count)).to.equal(height)
    })
  })

  describe('proofLength', () => {
    it('is 24 bytes a level of the smallest tree that holds the leaves', async () => {
      const { merkle } = await loadFixture(fixture)
      const cases = [
        [0, 0],
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 2],
        [5, 3],
        [8, 3],
        [9, 4],
        [1_000_000, 20],
        [2 ** 32 - 1, 32],
      ] as const
      for (const [count, depth] of cases) expect(await merkle.proofLength(count)).to.equal(24 * depth)
    })
  })
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
