import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { expect } from 'chai'
import { ZeroHash, id } from 'ethers'
import { ethers } from 'hardhat'

const METADATA = id('metadata')
const MANIFEST = id('manifest')
const OPEN = 0
const ALLOW_LIST = 1

async function fixture() {
  const [owner, alice, bob] = await ethers.getSigners()
  const registry = await ethers.deployContract('DatanetRegistry')
  await registry.connect(owner!).createDatanet('Solidity code', METADATA, OPEN)
  await registry.connect(owner!).createDatanet('by invitation', METADATA, ALLOW_LIST)
  return { registry, owner: owner!, alice: alice!, bob: bob! }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

async function batchOf({ registry, alice }: Fixture, count: number) {
  const items = Array.from({ length: count }, (_, i) => ({ digest: id(`item ${i}`), salt: id(`salt ${i}`) }))
  const leaves = await Promise.all(
    items.map(({ digest, salt }, i) => registry.itemLeaf(1, alice, i, digest, salt)),
  )
  return { items, tree: SimpleMerkleTree.of(leaves) }
}

describe('DatanetRegistry', () => {
  describe('createDatanet', () => {
    it('gives ids from 1 and remembers owner, policy and metadata', async () => {
      const { registry, alice } = await loadFixture(fixture)
      await expect(registry.connect(alice).createDatanet('third', METADATA, ALLOW_LIST))
        .to.emit(registry, 'DatanetCreated')
        .withArgs(3, alice, 'third', METADATA, ALLOW_LIST)
      expect(await registry.datanetOf(3)).to.deep.equal([alice.address, BigInt(ALLOW_LIST), METADATA])
      expect(await registry.datanetCount()).to.equal(3n)
    })
  })

  describe('datanetOf', () => {
    describe('given an unknown id', () => {
      it('reverts with id and count', async () => {
        const { registry } = await loadFixture(fixture)
        for (const unknown of [0, 3]) {
          await expect(registry.datanetOf(unknown))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_UnknownDatanet')
            .withArgs(unknown, 2)
        }
      })
    })
  })

  describe('setContributor', () => {
    it('lets an account contribute to an allow list, and stops it', async () => {
      const { registry, alice } = await loadFixture(fixture)
      await expect(registry.setContributor(2, alice, true))
        .to.emit(registry, 'ContributorSet')
        .withArgs(2, alice, true)
      expect(await registry.isContributor(2, alice)).to.equal(true)
      await registry.setContributor(2, alice, false)
      expect(await registry.isContributor(2, alice)).to.equal(false)
    })

    describe('given another caller than the owner', () => {
      it('reverts with caller and owner', async () => {
        const { registry, alice, owner } = await loadFixture(fixture)
        await expect(registry.connect(alice).setContributor(2, alice, true))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwner')
          .withArgs(alice, owner)
      })
    })
  })

  describe('setBuilder', () => {
    it('lets an account build, on that Datanet only', async () => {
      const { registry, alice, owner } = await loadFixture(fixture)
      await expect(registry.setBuilder(1, alice, true))
        .to.emit(registry, 'BuilderSet')
        .withArgs(1, alice, true)
      expect(await registry.isBuilder(1, alice)).to.equal(true)
      expect(await registry.isBuilder(2, alice)).to.equal(false)
      expect(await registry.isBuilder(1, owner)).to.equal(true)
    })

    describe('given another caller than the owner', () => {
      it('reverts with caller and owner', async () => {
        const { registry, alice, owner } = await loadFixture(fixture)
        await expect(registry.connect(alice).setBuilder(1, alice, true))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotOwner')
          .withArgs(alice, owner)
      })
    })
  })

  describe('commitBatch', () => {
    it('gives dense ids over all Datanets and an index per account, once', async () => {
      const { registry, alice, owner } = await loadFixture(fixture)
      const first = registry.connect(alice).commitBatch(1, id('root'), 10, MANIFEST)
      await expect(first).to.emit(registry, 'ContributorRegistered').withArgs(0, alice)
      await expect(first)
        .to.emit(registry, 'BatchCommitted')
        .withArgs(1, 0, 0, alice, 0, 10, id('root'), MANIFEST)
      await expect(registry.connect(owner).commitBatch(2, id('root 2'), 5, MANIFEST))
        .to.emit(registry, 'BatchCommitted')
        .withArgs(2, 1, 1, owner, 10, 5, id('root 2'), MANIFEST)
      const third = registry.connect(alice).commitBatch(1, id('root 3'), 1, MANIFEST)
      await expect(third).not.to.emit(registry, 'ContributorRegistered')
      await expect(third)
        .to.emit(registry, 'BatchCommitted')
        .withArgs(1, 2, 0, alice, 15, 1, id('root 3'), MANIFEST)
      expect(await registry.contributionCount()).to.equal(16n)
      expect(await registry.batchCount()).to.equal(3n)
      expect(await registry.contributorCount()).to.equal(2n)
    })

    it('binds index and account both ways', async () => {
      const { registry, alice, bob } = await loadFixture(fixture)
      await registry.connect(alice).commit(1, id('a'), MANIFEST)
      await registry.connect(bob).commit(1, id('b'), MANIFEST)
      expect(await registry.contributorAt(1)).to.equal(bob.address)
      expect(await registry.contributorIndexOf(bob)).to.deep.equal([true, 1n])
      expect(await registry.contributorAt(2)).to.equal(ethers.ZeroAddress)
      expect(await registry.contributorIndexOf(registry)).to.deep.equal([false, 0n])
    })

    describe('given an account that is not on the allow list', () => {
      it('reverts with Datanet and caller', async () => {
        const { registry, alice } = await loadFixture(fixture)
        await expect(registry.connect(alice).commitBatch(2, id('root'), 1, MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_NotContributor')
          .withArgs(2, alice)
      })
    })

    describe('given no item, or too many', () => {
      it('reverts with count and maximum', async () => {
        const { registry, alice } = await loadFixture(fixture)
        const most = await registry.MAX_BATCH_ITEMS()
        for (const count of [0n, most + 1n]) {
          await expect(registry.connect(alice).commitBatch(1, id('root'), count, MANIFEST))
            .to.be.revertedWithCustomError(registry, 'DatanetRegistry_ItemCount')
            .withArgs(count, most)
        }
        await registry.connect(alice).commitBatch(1, id('root'), most, MANIFEST)
      })
    })

    describe('given a zero root', () => {
      it('reverts', async () => {
        const { registry, alice } = await loadFixture(fixture)
        await expect(
          registry.connect(alice).commitBatch(1, ZeroHash, 1, MANIFEST),
        ).to.be.revertedWithCustomError(registry, 'DatanetRegistry_ZeroCommitment')
      })
    })

    describe('given an unknown Datanet', () => {
      it('reverts with id and count', async () => {
        const { registry, alice } = await loadFixture(fixture)
        await expect(registry.connect(alice).commitBatch(3, id('root'), 1, MANIFEST))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_UnknownDatanet')
          .withArgs(3, 2)
      })
    })
  })

  describe('commit', () => {
    it('is a batch of one whose root is the leaf', async () => {
      const { registry, alice } = await loadFixture(fixture)
      const leaf = await registry.itemLeaf(1, alice, 0, id('item'), id('salt'))
      await registry.connect(alice).commit(1, leaf, MANIFEST)
      expect(await registry.batchOf(0)).to.deep.equal([leaf, 1n, 0n, 0n, 1n])
      expect(await registry.verifyItem(0, 0, id('item'), id('salt'), [])).to.equal(true)
    })
  })

  describe('itemLeaf', () => {
    it('binds chain, registry, Datanet, contributor, position, digest and salt', async () => {
      const { registry, alice } = await loadFixture(fixture)
      const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
        ['bytes32', 'uint256', 'address', 'uint32', 'address', 'uint32', 'bytes32', 'bytes32'],
        [
          id('OpenDatanets.Contribution.v1'),
          31337,
          await registry.getAddress(),
          7,
          alice.address,
          5,
          id('item'),
          id('salt'),
        ],
      )
      expect(await registry.itemLeaf(7, alice, 5, id('item'), id('salt'))).to.equal(ethers.keccak256(encoded))
    })
  })

  describe('verifyItem', () => {
    it('accepts every item of a batch', async () => {
      const given = await loadFixture(fixture)
      const { registry, alice } = given
      const { items, tree } = await batchOf(given, 5)
      await registry.connect(alice).commitBatch(1, tree.root, 5, MANIFEST)
      for (const [i, { digest, salt }] of items.entries()) {
        expect(await registry.verifyItem(0, i, digest, salt, tree.getProof(i))).to.equal(true)
      }
    })

    it('refuses another position, digest, salt, or proof', async () => {
      const given = await loadFixture(fixture)
      const { registry, alice } = given
      const { items, tree } = await batchOf(given, 5)
      await registry.connect(alice).commitBatch(1, tree.root, 5, MANIFEST)
      const { digest, salt } = items[1]!
      expect(await registry.verifyItem(0, 2, digest, salt, tree.getProof(1))).to.equal(false)
      expect(await registry.verifyItem(0, 1, salt, salt, tree.getProof(1))).to.equal(false)
      expect(await registry.verifyItem(0, 1, digest, digest, tree.getProof(1))).to.equal(false)
      expect(await registry.verifyItem(0, 1, digest, salt, tree.getProof(2))).to.equal(false)
    })

    it('refuses items beyond the declared count', async () => {
      const given = await loadFixture(fixture)
      const { registry, alice } = given
      const { items, tree } = await batchOf(given, 5)
      await registry.connect(alice).commitBatch(1, tree.root, 4, MANIFEST)
      const { digest, salt } = items[4]!
      expect(await registry.verifyItem(0, 4, digest, salt, tree.getProof(4))).to.equal(false)
    })

    it('refuses a root that somebody copied', async () => {
      const given = await loadFixture(fixture)
      const { registry, bob } = given
      const { items, tree } = await batchOf(given, 3)
      await registry.connect(bob).commitBatch(1, tree.root, 3, MANIFEST)
      const { digest, salt } = items[0]!
      expect(await registry.verifyItem(0, 0, digest, salt, tree.getProof(0))).to.equal(false)
    })

    describe('given an unknown batch', () => {
      it('reverts with id and count', async () => {
        const { registry } = await loadFixture(fixture)
        await expect(registry.verifyItem(0, 0, id('item'), id('salt'), []))
          .to.be.revertedWithCustomError(registry, 'DatanetRegistry_UnknownBatch')
          .withArgs(0, 0)
      })
    })
  })
})
