import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

const PER_EPOCH = 1000n
const LENGTH = 86_400
const DATANET_POOL = 1n << 32n

async function fixture() {
  const [owner, anyone] = await ethers.getSigners()
  const token = await ethers.deployContract('OpenToken', [owner!, owner!])
  const escrow = await ethers.deployContract('RewardEscrow', [token, owner!])
  const startTime = (await time.latest()) + 1000
  const emissions = await ethers.deployContract('EmissionController', [
    token,
    escrow,
    owner!,
    PER_EPOCH,
    LENGTH,
    startTime,
  ])
  await token.transfer(emissions, 10n * PER_EPOCH)
  return { token, escrow, emissions, startTime, owner: owner!, anyone: anyone! }
}

async function started() {
  const given = await fixture()
  await given.emissions.setWeights([1, 2, 5], [3333, 3333, 3334])
  await time.increaseTo(given.startTime)
  return given
}

describe('EmissionController', () => {
  describe('setWeights', () => {
    it('replaces the split', async () => {
      const { emissions } = await loadFixture(fixture)
      await expect(emissions.setWeights([1, 2], [2500, 7500]))
        .to.emit(emissions, 'WeightsSet')
        .withArgs([1, 2], [2500, 7500])
      await emissions.setWeights([9], [10_000])
      expect(await emissions.weights()).to.deep.equal([[9n], [10_000n]])
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone } = await loadFixture(fixture)
        await expect(emissions.connect(anyone).setWeights([1], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'OwnableUnauthorizedAccount')
          .withArgs(anyone)
      })
    })

    describe('given weights that are not the whole', () => {
      it('reverts with sum and whole', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setWeights([1, 2], [5000, 5001]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WeightsNotWhole')
          .withArgs(10_001, 10_000)
        await expect(emissions.setWeights([], []))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WeightsNotWhole')
          .withArgs(0, 10_000)
      })
    })

    describe('given lists of different lengths', () => {
      it('reverts with both lengths', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setWeights([1, 2], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_LengthMismatch')
          .withArgs(2, 1)
      })
    })

    describe('given ids that do not rise', () => {
      it('reverts with the two', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setWeights([2, 2], [5000, 5000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NotAscending')
          .withArgs(2, 2)
        await expect(emissions.setWeights([0], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NotAscending')
          .withArgs(0, 0)
      })
    })

    describe('given too many Datanets', () => {
      it('reverts with count and maximum', async () => {
        const { emissions } = await loadFixture(fixture)
        const ids = Array.from({ length: 257 }, (_, i) => i + 1)
        await expect(
          emissions.setWeights(
            ids,
            ids.map(() => 1),
          ),
        )
          .to.be.revertedWithCustomError(emissions, 'EmissionController_TooManyDatanets')
          .withArgs(257, 256)
      })
    })
  })

  describe('fundEpoch', () => {
    it('pays the pools by weight, exactly, with the rounding to the last', async () => {
      const { emissions, escrow, anyone } = await loadFixture(started)
      await expect(emissions.connect(anyone).fundEpoch())
        .to.emit(emissions, 'EpochFunded')
        .withArgs(0, PER_EPOCH)
      const funded = await Promise.all([1n, 2n, 5n].map(id => escrow.funded(DATANET_POOL | id)))
      expect(funded).to.deep.equal([333n, 333n, 334n])
      expect(await escrow.totalFunded()).to.equal(PER_EPOCH)
    })

    it('skips a Datanet whose weight is nothing', async () => {
      const { emissions, escrow } = await loadFixture(started)
      await emissions.setWeights([1, 2], [10_000, 0])
      await emissions.fundEpoch()
      expect(await escrow.funded(DATANET_POOL | 1n)).to.equal(PER_EPOCH)
      expect(await escrow.funded(DATANET_POOL | 2n)).to.equal(0n)
    })

    it('makes up for missed epochs, one a call', async () => {
      const { emissions, escrow, startTime } = await loadFixture(started)
      await time.increaseTo(startTime + 2 * LENGTH)
      for (const epoch of [0, 1, 2]) {
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(epoch, PER_EPOCH)
      }
      expect(await emissions.nextEpoch()).to.equal(3n)
      expect(await escrow.totalFunded()).to.equal(3n * PER_EPOCH)
    })

    it('pays the most Datanets in one transaction', async () => {
      const { emissions, escrow } = await loadFixture(started)
      const ids = Array.from({ length: 256 }, (_, i) => i + 1)
      await emissions.setWeights(
        ids,
        ids.map(id => (id === 256 ? 10_000 - 255 * 39 : 39)),
      )
      const receipt = await (await emissions.fundEpoch()).wait()
      expect(await escrow.totalFunded()).to.equal(PER_EPOCH)
      expect(receipt!.gasUsed).to.be.lessThan(15_000_000n)
    })

    describe('given the epoch has not begun', () => {
      it('reverts with time and opening', async () => {
        const { emissions, startTime } = await loadFixture(started)
        await emissions.fundEpoch()
        const opensAt = startTime + LENGTH
        await time.setNextBlockTimestamp(opensAt - 1)
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_TooEarly')
          .withArgs(opensAt - 1, opensAt)
        await time.setNextBlockTimestamp(opensAt)
        await emissions.fundEpoch()
      })
    })

    describe('given no weights', () => {
      it('reverts', async () => {
        const { emissions, startTime } = await loadFixture(fixture)
        await time.increaseTo(startTime)
        await expect(emissions.fundEpoch()).to.be.revertedWithCustomError(
          emissions,
          'EmissionController_NoWeights',
        )
      })
    })

    describe('given too few tokens', () => {
      it('reverts and funds nothing', async () => {
        const { emissions, token, escrow, startTime } = await loadFixture(started)
        await time.increaseTo(startTime + 10 * LENGTH)
        for (let i = 0; i < 10; i++) await emissions.fundEpoch()
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(emissions, 0n, 333n)
        expect(await escrow.totalFunded()).to.equal(10n * PER_EPOCH)
        expect(await emissions.nextEpoch()).to.equal(10n)
      })
    })
  })
})
