import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, ZeroHash, id } from 'ethers'
import { ethers } from 'hardhat'

import { registrySystem } from './registrySystem'

const BASE = {
  name: 'base',
  baseModelId: 0,
  datanetId: 1,
  artifactDigest: id('artifact'),
  manifestDigest: id('manifest'),
  pricePerToken: 5n,
  supersedes: 0,
  lineageBps: 0,
}

async function fixture() {
  const system = await registrySystem()
  const { registry: datanets, alice: builder, bob: stranger } = system
  await datanets.setBuilder(1, builder, true)
  const models = await ethers.deployContract('ModelRegistry', [datanets])
  return { ...system, datanets, models, builder, stranger }
}

async function registeredFixture() {
  const system = await fixture()
  await system.models.connect(system.builder).registerModel(BASE)
  return system
}

describe('ModelRegistry', () => {
  describe('registerModel', () => {
    it('gives ids from 1 and remembers the model', async () => {
      const { models, builder, datanets } = await loadFixture(fixture)
      const registered = models.connect(builder).registerModel(BASE)
      await expect(registered)
        .to.emit(models, 'ModelRegistered')
        .withArgs(1, builder, 1, 0, BASE.artifactDigest, BASE.manifestDigest, 5n, 'base')
      await expect(registered).to.emit(models, 'ModelVersioned').withArgs(1, 0, 1)
      await expect(registered).to.emit(models, 'FeePolicySet').withArgs(1, 5n, 0)
      expect(await models.modelOf(1)).to.deep.equal([
        builder.address,
        1n,
        0n,
        0n,
        5n,
        0n,
        0n,
        1n,
        BASE.artifactDigest,
        BASE.manifestDigest,
        'base',
      ])
      expect(await models.ownerOf(1)).to.equal(builder.address)
      expect(await models.datanetOf(1)).to.equal(1n)
      expect(await models.lineageOf(1)).to.deep.equal([0n, 0n])
      expect(await models.modelCount()).to.equal(1n)
      expect(await models.datanetRegistry()).to.equal(await datanets.getAddress())
    })

    it('registers an adapter on a base with its part, by the owner of the Datanet too', async () => {
      const { models, owner } = await loadFixture(registeredFixture)
      const adapter = { ...BASE, name: 'adapter', baseModelId: 1, lineageBps: 10_000 }
      await expect(models.connect(owner).registerModel(adapter))
        .to.emit(models, 'FeePolicySet')
        .withArgs(2, 5n, 10_000)
      expect(await models.lineageOf(2)).to.deep.equal([1n, 10_000n])
    })

    it('registers the next version of a model of the same owner', async () => {
      const { models, builder } = await loadFixture(registeredFixture)
      await expect(models.connect(builder).registerModel({ ...BASE, supersedes: 1 }))
        .to.emit(models, 'ModelVersioned')
        .withArgs(2, 1, 2)
      await expect(models.connect(builder).registerModel({ ...BASE, supersedes: 2 }))
        .to.emit(models, 'ModelVersioned')
        .withArgs(3, 2, 3)
      expect((await models.modelOf(1)).supersededBy).to.equal(2n)
      expect((await models.modelOf(3)).version).to.equal(3n)
    })

    describe('given a model of another owner to supersede', () => {
      it('reverts with caller and owner', async () => {
        const { models, builder, owner } = await loadFixture(registeredFixture)
        await expect(models.connect(owner).registerModel({ ...BASE, supersedes: 1 }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_NotOwner')
          .withArgs(owner, builder)
      })
    })

    describe('given a model that has a next version', () => {
      it('reverts with both', async () => {
        const { models, builder } = await loadFixture(registeredFixture)
        await models.connect(builder).registerModel({ ...BASE, supersedes: 1 })
        await expect(models.connect(builder).registerModel({ ...BASE, supersedes: 1 }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_AlreadySuperseded')
          .withArgs(1, 2)
      })
    })

    describe('given an unknown model to supersede, itself included', () => {
      it('reverts with id and count', async () => {
        const { models, builder } = await loadFixture(registeredFixture)
        await expect(models.connect(builder).registerModel({ ...BASE, supersedes: 2 }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_UnknownModel')
          .withArgs(2, 1)
      })
    })

    describe('given a part for the base above all, or for no base', () => {
      it('reverts with part and maximum', async () => {
        const { models, builder } = await loadFixture(registeredFixture)
        await expect(models.connect(builder).registerModel({ ...BASE, lineageBps: 1 }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_LineageBps')
          .withArgs(1, 0)
        const adapter = { ...BASE, baseModelId: 1, lineageBps: 10_001 }
        await expect(models.connect(builder).registerModel(adapter))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_LineageBps')
          .withArgs(10_001, 10_000)
      })
    })

    describe('given a caller that is no builder', () => {
      it('reverts with Datanet and caller', async () => {
        const { models, stranger } = await loadFixture(fixture)
        await expect(models.connect(stranger).registerModel(BASE))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_NotBuilder')
          .withArgs(1, stranger)
      })
    })

    describe('given an unknown Datanet', () => {
      it('reverts with id and count', async () => {
        const { models, datanets, builder } = await loadFixture(fixture)
        await expect(models.connect(builder).registerModel({ ...BASE, datanetId: 4 }))
          .to.be.revertedWithCustomError(datanets, 'DatanetRegistry_UnknownDatanet')
          .withArgs(4, 3)
      })
    })

    describe('given an unknown base, itself included', () => {
      it('reverts with base and count', async () => {
        const { models, builder } = await loadFixture(fixture)
        await expect(models.connect(builder).registerModel({ ...BASE, baseModelId: 1 }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_UnknownBase')
          .withArgs(1, 0)
      })
    })

    describe('given a zero digest', () => {
      it('reverts with both', async () => {
        const { models, builder } = await loadFixture(fixture)
        await expect(models.connect(builder).registerModel({ ...BASE, artifactDigest: ZeroHash }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_ZeroDigest')
          .withArgs(ZeroHash, BASE.manifestDigest)
        await expect(models.connect(builder).registerModel({ ...BASE, manifestDigest: ZeroHash }))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_ZeroDigest')
          .withArgs(BASE.artifactDigest, ZeroHash)
      })
    })
  })

  describe('setPrice', () => {
    it('changes the price and leaves the base’s part', async () => {
      const { models, builder } = await loadFixture(registeredFixture)
      await models.connect(builder).registerModel({ ...BASE, baseModelId: 1, lineageBps: 300 })
      await expect(models.connect(builder).setPrice(2, 9n))
        .to.emit(models, 'FeePolicySet')
        .withArgs(2, 9n, 300)
      expect((await models.modelOf(2)).pricePerToken).to.equal(9n)
    })

    describe('given another caller than the owner', () => {
      it('reverts with caller and owner', async () => {
        const { models, builder, stranger } = await loadFixture(registeredFixture)
        await expect(models.connect(stranger).setPrice(1, 9n))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_NotOwner')
          .withArgs(stranger, builder)
      })
    })
  })

  describe('transferModel', () => {
    it('changes the owner once the new one accepts', async () => {
      const { models, builder, stranger } = await loadFixture(registeredFixture)
      await expect(models.connect(builder).transferModel(1, stranger))
        .to.emit(models, 'ModelTransferStarted')
        .withArgs(1, builder, stranger)
      expect(await models.ownerOf(1)).to.equal(builder.address)
      expect(await models.pendingOwnerOf(1)).to.equal(stranger.address)
      await expect(models.connect(stranger).acceptModel(1))
        .to.emit(models, 'ModelTransferred')
        .withArgs(1, builder, stranger)
      expect(await models.ownerOf(1)).to.equal(stranger.address)
      expect(await models.pendingOwnerOf(1)).to.equal(ZeroAddress)
    })

    it('can be taken back', async () => {
      const { models, builder, stranger } = await loadFixture(registeredFixture)
      await models.connect(builder).transferModel(1, stranger)
      await models.connect(builder).transferModel(1, ZeroAddress)
      await expect(models.connect(stranger).acceptModel(1))
        .to.be.revertedWithCustomError(models, 'ModelRegistry_NotPendingOwner')
        .withArgs(stranger, ZeroAddress)
    })

    describe('given another caller than the owner, or than the new one', () => {
      it('reverts with caller and account', async () => {
        const { models, builder, stranger, owner } = await loadFixture(registeredFixture)
        await expect(models.connect(stranger).transferModel(1, stranger))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_NotOwner')
          .withArgs(stranger, builder)
        await models.connect(builder).transferModel(1, owner)
        await expect(models.connect(stranger).acceptModel(1))
          .to.be.revertedWithCustomError(models, 'ModelRegistry_NotPendingOwner')
          .withArgs(stranger, owner)
      })
    })
  })

  describe('given an unknown id', () => {
    it('reverts with id and count where it matters, else answers zero', async () => {
      const { models, builder } = await loadFixture(fixture)
      for (const unknown of [0, 1]) {
        const calls = [
          () => models.modelOf(unknown),
          () => models.connect(builder).setPrice(unknown, 1n),
          () => models.connect(builder).transferModel(unknown, builder),
          () => models.connect(builder).acceptModel(unknown),
        ]
        for (const call of calls) {
          await expect(call())
            .to.be.revertedWithCustomError(models, 'ModelRegistry_UnknownModel')
            .withArgs(unknown, 0)
        }
        expect(await models.ownerOf(unknown)).to.equal(ZeroAddress)
        expect(await models.datanetOf(unknown)).to.equal(0n)
        expect(await models.lineageOf(unknown)).to.deep.equal([0n, 0n])
      }
    })
  })
})
