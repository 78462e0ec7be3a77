import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, ZeroHash, id } from 'ethers'
import { ethers } from 'hardhat'

const BASE = {
  name: 'base',
  baseModelId: 0,
  datanetId: 1,
  artifactDigest: id('artifact'),
  manifestDigest: id('manifest'),
  pricePerToken: 5n,
}

async function fixture() {
  const [owner, builder, stranger] = await ethers.getSigners()
  const datanets = await ethers.deployContract('DatanetRegistry')
  await datanets.createDatanet('Solidity code', id('metadata'), 0)
  await datanets.setBuilder(1, builder!, true)
  const models = await ethers.deployContract('ModelRegistry', [datanets])
  return { datanets, models, owner: owner!, builder: builder!, stranger: stranger! }
}

describe('ModelRegistry', () => {
  describe('registerModel', () => {
    it('gives ids from 1 and remembers the model', async () => {
      const { models, builder } = await loadFixture(fixture)
      await expect(models.connect(builder).registerModel(BASE))
        .to.emit(models, 'ModelRegistered')
        .withArgs(1, builder, 1, 0, BASE.artifactDigest, BASE.manifestDigest, 5n, 'base')
      expect(await models.modelOf(1)).to.deep.equal([
        builder.address,
        1n,
        0n,
        BASE.artifactDigest,
        BASE.manifestDigest,
        5n,
        'base',
      ])
      expect(await models.ownerOf(1)).to.equal(builder.address)
      expect(await models.modelCount()).to.equal(1n)
    })

    it('registers an adapter on a base, by the owner of the Datanet too', async () => {
      const { models, builder, owner } = await loadFixture(fixture)
      await models.connect(builder).registerModel(BASE)
      await models.connect(owner).registerModel({ ...BASE, name: 'adapter', baseModelId: 1 })
      expect((await models.modelOf(2)).baseModelId).to.equal(1n)
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
        await expect(models.connect(builder).registerModel({ ...BASE, datanetId: 2 }))
          .to.be.revertedWithCustomError(datanets, 'DatanetRegistry_UnknownDatanet')
          .withArgs(2, 1)
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

  describe('modelOf', () => {
    describe('given an unknown id', () => {
      it('reverts with id and count', async () => {
        const { models } = await loadFixture(fixture)
        for (const unknown of [0, 1]) {
          await expect(models.modelOf(unknown))
            .to.be.revertedWithCustomError(models, 'ModelRegistry_UnknownModel')
            .withArgs(unknown, 0)
        }
        expect(await models.ownerOf(1)).to.equal(ZeroAddress)
      })
    })
  })
})
