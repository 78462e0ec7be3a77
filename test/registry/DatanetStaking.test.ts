import { loadFixture, setBalance, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import fc from 'fast-check'
import { ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

import { EXIT_DELAY, METADATA, Policy, type RegistrySystem, registrySystem } from './registrySystem'

const DATANET = 7

const PERIOD = 7n * 86_400n

/** Eight Datanets; the registry's own address is a signer here, so that locks can be made one by one. */
async function fixture() {
  const [owner, alice, bob, carol] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
  const datanets = await ethers.deployContract('DatanetRegistry', [staking])
  for (let id = 1; id <= 8; id++) await datanets.createDatanet(`number ${id}`, METADATA, Policy.Open)
  for (const account of [owner!, alice!, bob!, carol!]) {
    await token.connect(account).approve(staking, ethers.MaxUint256)
    if (account !== owner) await token.transfer(account, 1_000_000n)
  }
  await staking.setRegistry(datanets)
  const registry = await ethers.getImpersonatedSigner(await datanets.getAddress())
  await setBalance(registry.address, 10n ** 18n)
  return {
    access,
    token,
    staking,
    owner: owner!,
    alice: alice!,
    bob: bob!,
    carol: carol!,
    registry,
  }
}

/** Alice stakes 1,000 on a Datanet, of which 400 are locked early in a lock period. */
async function lockedFixture() {
  const system = await fixture()
  const { staking, alice, registry } = system
  await staking.connect(alice).stake(DATANET, 1000n)
  const period = (BigInt(await time.latest()) / EXIT_DELAY + 1n) * EXIT_DELAY
  await time.setNextBlockTimestamp(period + 10n)
  await staking.connect(registry).lock(alice, DATANET, 400n)
  return { ...system, period }
}

describe('DatanetStaking', () => {
  describe('constructor', () => {
    it('reverts on an exit delay of zero or above a year', async () => {
      const { access, token, staking } = await loadFixture(fixture)
      const year = 365n * 86_400n
      for (const delay of [0n, year + 1n]) {
        await expect(ethers.deployContract('DatanetStaking', [token, access, delay]))
          .to.be.revertedWithCustomError(staking, 'DatanetStaking_ExitDelay')
          .withArgs(delay, year)
      }
      await ethers.deployContract('DatanetStaking', [token, access, year])
      expect(await staking.token()).to.equal(await token.getAddress())
      expect(await staking.exitDelay()).to.equal(EXIT_DELAY)
    })
  })

  describe('setRegistry', () => {
    it('works once', async () => {
      const { access, token, registry, alice } = await loadFixture(fixture)
      const staking = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
      await expect(staking.setRegistry(ZeroAddress))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_RegistryAlreadySet')
        .withArgs(ZeroAddress)
      await expect(staking.setRegistry(registry)).to.emit(staking, 'RegistrySet').withArgs(registry)
      await expect(staking.setRegistry(alice))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_RegistryAlreadySet')
        .withArgs(registry)
      expect(await staking.registry()).to.equal(registry.address)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { staking, alice } = await loadFixture(fixture)
        await expect(staking.connect(alice).setRegistry(alice))
          .to.be.revertedWithCustomError(staking, 'AccessManagedUnauthorized')
          .withArgs(alice)
      })
    })
  })

  describe('stake', () => {
    it('takes the tokens and counts them', async () => {
      const { staking, token, alice } = await loadFixture(fixture)
      const staked = staking.connect(alice).stake(DATANET, 100n)
      await expect(staked).to.emit(staking, 'Staked').withArgs(alice, DATANET, 100n)
      await expect(staked).to.changeTokenBalances(token, [alice, staking], [-100n, 100n])
      await staking.connect(alice).stake(8, 5n)
      expect(await staking.positionOf(alice, DATANET)).to.deep.equal([100n, 0n, 0n, 0n])
      expect(await staking.stakeOf(alice)).to.equal(105n)
      expect(await staking.totalStaked()).to.equal(105n)
    })

    it('reverts on zero', async () => {
      const { staking, alice } = await loadFixture(fixture)
      await expect(staking.connect(alice).stake(DATANET, 0n)).to.be.revertedWithCustomError(
        staking,
        'DatanetStaking_ZeroAmount',
      )
    })

    describe('given a Datanet that does not exist, or no registry yet', () => {
      it('reverts with it and the last one', async () => {
        const { access, token, staking, alice } = await loadFixture(fixture)
        for (const unknown of [0, 9]) {
          await expect(staking.connect(alice).stake(unknown, 1n))
            .to.be.revertedWithCustomError(staking, 'DatanetStaking_UnknownDatanet')
            .withArgs(unknown, 8)
        }
        const early = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
        await expect(early.connect(alice).stake(1, 1n))
          .to.be.revertedWithCustomError(early, 'DatanetStaking_UnknownDatanet')
          .withArgs(1, 0)
      })
    })

    it('reverts on more than can exist', async () => {
      const { staking, alice } = await loadFixture(fixture)
      await expect(staking.connect(alice).stake(DATANET, 1n << 96n))
        .to.be.revertedWithCustomError(staking, 'SafeCastOverflowedUintDowncast')
        .withArgs(96, 1n << 96n)
    })
  })

  describe('lock', () => {
    it('keeps stake from leaving and from being locked twice', async () => {
      const { staking, alice, registry, period } = await loadFixture(lockedFixture)
      await expect(staking.connect(registry).lock(alice, DATANET, 100n))
        .to.emit(staking, 'Locked')
        .withArgs(alice, DATANET, 100n, period / EXIT_DELAY)
      expect((await staking.positionOf(alice, DATANET)).locked).to.equal(500n)
      await expect(staking.connect(alice).requestExit(DATANET, 501n))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
        .withArgs(alice, DATANET, 500n, 501n)
      await expect(staking.connect(registry).lock(alice, DATANET, 501n))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
        .withArgs(alice, DATANET, 500n, 501n)
      await staking.connect(alice).requestExit(DATANET, 500n)
    })

    it('ends after the next whole lock period', async () => {
      const { staking, alice, registry, period } = await loadFixture(lockedFixture)
      await time.setNextBlockTimestamp(period + EXIT_DELAY + 5n)
      await staking.connect(registry).lock(alice, DATANET, 300n)
      await time.increaseTo(period + 2n * EXIT_DELAY - 1n)
      expect((await staking.positionOf(alice, DATANET)).locked).to.equal(700n)
      await time.increaseTo(period + 2n * EXIT_DELAY)
      expect((await staking.positionOf(alice, DATANET)).locked).to.equal(300n)
      await time.increaseTo(period + 3n * EXIT_DELAY)
      expect((await staking.positionOf(alice, DATANET)).locked).to.equal(0n)
      await staking.connect(alice).requestExit(DATANET, 1000n)
    })

    describe('given another caller than the registry', () => {
      it('reverts with caller and registry', async () => {
        const { staking, alice, owner, registry } = await loadFixture(fixture)
        await expect(staking.connect(owner).lock(alice, DATANET, 1n))
          .to.be.revertedWithCustomError(staking, 'DatanetStaking_NotRegistry')
          .withArgs(owner, registry)
      })
    })
  })

  describe('requestExit', () => {
    it('moves stake out of what earns', async () => {
      const { staking, alice } = await loadFixture(lockedFixture)
      const now = BigInt(await time.latest()) + 10n
      await time.setNextBlockTimestamp(now)
      await expect(staking.connect(alice).requestExit(DATANET, 600n))
        .to.emit(staking, 'ExitRequested')
        .withArgs(alice, DATANET, 600n, now + EXIT_DELAY)
      expect(await staking.positionOf(alice, DATANET)).to.deep.equal([400n, 400n, 600n, now + EXIT_DELAY])
      expect(await staking.totalStaked()).to.equal(400n)
    })

    it('starts the wait again for all that is exiting', async () => {
      const { staking, alice } = await loadFixture(lockedFixture)
      await staking.connect(alice).requestExit(DATANET, 100n)
      const later = BigInt(await time.latest()) + EXIT_DELAY - 1n
      await time.setNextBlockTimestamp(later)
      await expect(staking.connect(alice).requestExit(DATANET, 1n))
        .to.emit(staking, 'ExitRequested')
        .withArgs(alice, DATANET, 101n, later + EXIT_DELAY)
    })

    it('reverts on zero', async () => {
      const { staking, alice } = await loadFixture(lockedFixture)
      await expect(staking.connect(alice).requestExit(DATANET, 0n)).to.be.revertedWithCustomError(
        staking,
        'DatanetStaking_ZeroAmount',
      )
    })
  })

  describe('withdraw', () => {
    it('pays once the delay has passed, not a second earlier, and once', async () => {
      const { staking, token, alice } = await loadFixture(lockedFixture)
      await staking.connect(alice).requestExit(DATANET, 600n)
      const { exitAt } = await staking.positionOf(alice, DATANET)
      await time.setNextBlockTimestamp(exitAt - 1n)
      await expect(staking.connect(alice).withdraw(DATANET))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_ExitPending')
        .withArgs(exitAt, exitAt - 1n)
      await time.setNextBlockTimestamp(exitAt)
      const withdrawn = staking.connect(alice).withdraw(DATANET)
      await expect(withdrawn).to.emit(staking, 'Withdrawn').withArgs(alice, DATANET, 600n)
      await expect(withdrawn).to.changeTokenBalances(token, [alice, staking], [600n, -600n])
      await expect(staking.connect(alice).withdraw(DATANET))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_NothingExiting')
        .withArgs(alice, DATANET)
    })
  })

  describe('hold', () => {
    const MAX_HOLD = 180n * 86_400n

    /** Alice's 600 are exiting. */
    async function exiting() {
      const system = await lockedFixture()
      await system.staking.connect(system.alice).requestExit(DATANET, 600n)
      const { exitAt } = await system.staking.positionOf(system.alice, DATANET)
      return { ...system, exitAt }
    }

    it('keeps what is exiting from being withdrawn, not from being requested or slashed', async () => {
      const { staking, token, alice, bob, exitAt } = await loadFixture(exiting)
      const until = exitAt + 1000n
      await expect(staking.hold(alice, DATANET, until))
        .to.emit(staking, 'Held')
        .withArgs(alice, DATANET, until)
      expect(await staking.heldUntil(alice, DATANET)).to.equal(until)
      expect(await staking.withdrawableAt(alice, DATANET)).to.equal(until)
      await time.setNextBlockTimestamp(until - 1n)
      await expect(staking.connect(alice).withdraw(DATANET))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_ExitPending')
        .withArgs(until, until - 1n)
      await staking.slash.staticCall(alice, DATANET, 600n, bob)
      await expect(staking.connect(alice).withdraw(DATANET)).to.changeTokenBalance(token, alice, 600n)
      expect(await staking.withdrawableAt(alice, DATANET)).to.equal(0n)
      await staking.connect(alice).stake(DATANET, 5n)
      await staking.connect(alice).requestExit(DATANET, 5n)
    })

    it('keeps the later of the times, per account and Datanet', async () => {
      const { staking, alice, bob, exitAt } = await loadFixture(exiting)
      await staking.hold(alice, DATANET, exitAt + 1000n)
      for (const until of [0n, exitAt, exitAt + 1000n]) {
        await expect(staking.hold(alice, DATANET, until)).not.to.emit(staking, 'Held')
      }
      await staking.hold(alice, DATANET, exitAt + 2000n)
      await staking.hold(alice, 8, exitAt + 3000n)
      await staking.hold(bob, DATANET, exitAt + 3000n)
      expect(await staking.withdrawableAt(alice, DATANET)).to.equal(exitAt + 2000n)
    })

    it('does not shorten the exit delay', async () => {
      const { staking, alice, exitAt } = await loadFixture(exiting)
      await staking.hold(alice, DATANET, exitAt - 1n)
      expect(await staking.withdrawableAt(alice, DATANET)).to.equal(exitAt)
    })

    it('lasts for the maximum at most, and however often renewed delays no exit for longer', async () => {
      const { staking, alice, exitAt } = await loadFixture(exiting)
      expect(await staking.MAX_HOLD()).to.equal(MAX_HOLD)
      const at = BigInt(await time.latest()) + 10n
      await time.setNextBlockTimestamp(at)
      await expect(staking.hold(alice, DATANET, (1n << 64n) - 1n))
        .to.emit(staking, 'Held')
        .withArgs(alice, DATANET, at + MAX_HOLD)
      await time.increaseTo(exitAt + MAX_HOLD - 100n)
      await staking.hold(alice, DATANET, exitAt + 2n * MAX_HOLD - 200n)
      await time.setNextBlockTimestamp(exitAt + MAX_HOLD - 1n)
      await expect(staking.connect(alice).withdraw(DATANET))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_ExitPending')
        .withArgs(exitAt + MAX_HOLD, exitAt + MAX_HOLD - 1n)
      await staking.connect(alice).withdraw(DATANET)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { staking, alice } = await loadFixture(lockedFixture)
        await expect(staking.connect(alice).hold(alice, DATANET, 1n))
          .to.be.revertedWithCustomError(staking, 'AccessManagedUnauthorized')
          .withArgs(alice)
      })
    })
  })

  describe('slash', () => {
    it('burns half and credits half, to be pulled', async () => {
      const { staking, token, alice, bob } = await loadFixture(lockedFixture)
      const supply = await token.totalSupply()
      const slashed = staking.slash(alice, DATANET, 101n, bob)
      await expect(slashed).to.emit(staking, 'Slashed').withArgs(alice, DATANET, bob, 51n, 50n)
      await expect(slashed).to.changeTokenBalance(token, staking, -51n)
      expect(await token.totalSupply()).to.equal(supply - 51n)
      expect(await staking.creditOf(bob)).to.equal(50n)
      const collected = staking.connect(bob).collectCredit()
      await expect(collected).to.emit(staking, 'CreditCollected').withArgs(bob, 50n)
      await expect(collected).to.changeTokenBalances(token, [bob, staking], [50n, -50n])
      await expect(staking.connect(bob).collectCredit()).to.changeTokenBalance(token, bob, 0n)
    })

    it('reaches locked stake, and leaves nothing negative', async () => {
      const { staking, alice, bob, registry } = await loadFixture(lockedFixture)
      await staking.slash(alice, DATANET, 700n, bob)
      expect(await staking.positionOf(alice, DATANET)).to.deep.equal([300n, 300n, 0n, 0n])
      await expect(staking.connect(alice).requestExit(DATANET, 1n))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
        .withArgs(alice, DATANET, 0n, 1n)
      await expect(staking.connect(registry).lock(alice, DATANET, 1n))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_InsufficientStake')
        .withArgs(alice, DATANET, 0n, 1n)
      expect(await staking.stakeOf(alice)).to.equal(300n)
      expect(await staking.totalStaked()).to.equal(300n)
    })

    it('reaches exiting stake until it is withdrawn, that first', async () => {
      const { staking, alice, bob } = await loadFixture(lockedFixture)
      await staking.connect(alice).requestExit(DATANET, 600n)
      await time.increase(EXIT_DELAY)
      await staking.slash(alice, DATANET, 500n, bob)
      let position = await staking.positionOf(alice, DATANET)
      expect([position.staked, position.exiting]).to.deep.equal([400n, 100n])
      await staking.slash(alice, DATANET, 150n, bob)
      position = await staking.positionOf(alice, DATANET)
      expect([position.staked, position.exiting]).to.deep.equal([350n, 0n])
      await expect(staking.connect(alice).withdraw(DATANET)).to.be.revertedWithCustomError(
        staking,
        'DatanetStaking_NothingExiting',
      )
    })

    it('takes what is there, on that Datanet only', async () => {
      const { staking, alice, bob } = await loadFixture(lockedFixture)
      await staking.connect(alice).stake(8, 50n)
      expect(await staking.slash.staticCall(alice, 8, 51n, bob)).to.equal(50n)
      await staking.slash(alice, 8, 51n, bob)
      expect((await staking.positionOf(alice, DATANET)).staked).to.equal(1000n)
      await expect(staking.slash(alice, 8, 1n, bob)).not.to.emit(staking, 'Slashed')
      expect(await staking.slash.staticCall(alice, 8, 1n, bob)).to.equal(0n)
    })

    it('burns all when nobody is to be credited', async () => {
      const { staking, alice } = await loadFixture(lockedFixture)
      await expect(staking.slash(alice, DATANET, 101n, ZeroAddress))
        .to.emit(staking, 'Slashed')
        .withArgs(alice, DATANET, ZeroAddress, 101n, 0n)
      expect(await staking.creditOf(ZeroAddress)).to.equal(0n)
    })

    it('leaves earned rewards alone', async () => {
      const { staking, alice, bob } = await loadFixture(lockedFixture)
      await staking.connect(bob).notifyReward(3000n)
      await time.increase(PERIOD)
      await staking.slash(alice, DATANET, 1000n, bob)
      expect(await staking.rewardOf(alice)).to.equal(3000n)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { staking, alice } = await loadFixture(lockedFixture)
        await expect(staking.connect(alice).slash(alice, DATANET, 1n, alice))
          .to.be.revertedWithCustomError(staking, 'AccessManagedUnauthorized')
          .withArgs(alice)
      })
    })
  })

  describe('rewards', () => {
    it('are shared by stake over all Datanets, without what is exiting', async () => {
      const { staking, token, alice, bob, owner } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 100n)
      await staking.connect(alice).stake(2, 200n)
      await staking.connect(bob).stake(1, 200n)
      await staking.connect(bob).requestExit(1, 100n)
      const notified = staking.notifyReward(400n)
      await expect(notified).to.emit(staking, 'RewardNotified').withArgs(owner, 400n)
      await expect(notified).to.changeTokenBalances(token, [owner, staking], [-400n, 400n])
      await time.increase(PERIOD)
      expect(await staking.rewardOf(alice)).to.equal(300n)
      const collected = staking.connect(bob).collectReward()
      await expect(collected).to.emit(staking, 'RewardCollected').withArgs(bob, 100n)
      await expect(collected).to.changeTokenBalances(token, [bob, staking], [100n, -100n])
      expect(await staking.rewardOf(bob)).to.equal(0n)
    })

    it('flow out evenly over seven days', async () => {
      const { staking, alice } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 3n)
      const start = BigInt(await time.latest()) + 10n
      await time.setNextBlockTimestamp(start)
      await staking.notifyReward(PERIOD)
      const scale = await staking.REWARD_SCALE()
      expect(await staking.REWARD_PERIOD()).to.equal(PERIOD)
      expect(await staking.rewardStream()).to.deep.equal([scale, start + PERIOD])
      for (const passed of [1n, 1000n, PERIOD - 1n]) {
        await time.increaseTo(start + passed)
        expect(await staking.carriedReward()).to.be.within(
          (PERIOD - passed) * scale,
          (PERIOD - passed) * scale + 2n,
        )
        expect(await staking.rewardOf(alice)).to.be.within(passed - 1n, passed)
      }
      await time.increaseTo(start + 10n * PERIOD)
      expect(await staking.rewardOf(alice)).to.equal(PERIOD)
      expect(await staking.carriedReward()).to.equal(0n)
    })

    it('do not flow while nobody stakes, and go on with the next staker, no faster', async () => {
      const { staking, alice, bob } = await loadFixture(fixture)
      await staking.notifyReward(PERIOD)
      await time.increase(100n * PERIOD)
      expect(await staking.carriedReward()).to.equal(PERIOD * (await staking.REWARD_SCALE()))
      await staking.connect(alice).stake(1, 1n)
      const from = BigInt(await time.latest())
      await time.setNextBlockTimestamp(from + 1000n)
      await staking.connect(alice).requestExit(1, 1n)
      await time.increase(PERIOD)
      expect(await staking.rewardOf(alice)).to.equal(1000n)
      await staking.connect(bob).stake(1, 1n)
      await time.increase(PERIOD - 1001n)
      expect(await staking.rewardOf(bob)).to.equal(PERIOD - 1001n)
      await time.increase(PERIOD)
      expect(await staking.rewardOf(bob)).to.equal(PERIOD - 1000n)
    })

    it('give who stakes just for them what flows while it stakes, and no more', async () => {
      const { staking, alice, bob } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 10_000n)
      await staking.connect(bob).stake(1, 990_000n)
      await staking.notifyReward(1_000_000n)
      const from = BigInt(await time.latest())
      await time.setNextBlockTimestamp(from + 12n)
      await staking.connect(bob).requestExit(1, 990_000n)
      await time.increase(PERIOD)
      expect(await staking.rewardOf(bob)).to.be.within(18n, 20n)
      expect(await staking.rewardOf(alice)).to.be.within(999_979n, 999_982n)
    })

    it('are not held back by others that are small, and are by large ones', async () => {
      const { staking, alice } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 1n)
      await staking.notifyReward(10n ** 18n)
      const { end } = await staking.rewardStream()
      await time.setNextBlockTimestamp(end - PERIOD / 2n)
      await staking.notifyReward(0n)
      expect((await staking.rewardStream()).end).to.equal(end)
      for (let i = 0; i < 5; i++) await staking.notifyReward(1n)
      expect((await staking.rewardStream()).end).to.be.within(end, end + 5n)
      await staking.notifyReward(10n ** 24n)
      const later = BigInt(await time.latest()) + PERIOD
      expect((await staking.rewardStream()).end).to.be.within(later - 1n, later)
    })

    it('must be paid for: the stake that the contract holds is no reward', async () => {
      const { staking, token, alice, carol } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 1000n)
      await token.connect(carol).approve(staking, 0n)
      await expect(staking.connect(carol).notifyReward(1000n))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
        .withArgs(staking, 0n, 1000n)
    })

    it('are not paid from stake, nor stake from rewards', async () => {
      const { staking, token, alice, bob } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 500n)
      await staking.connect(bob).stake(1, 500n)
      await staking.notifyReward(1001n)
      await time.increase(PERIOD)
      await staking.connect(alice).requestExit(1, 500n)
      await staking.connect(bob).requestExit(1, 500n)
      await time.increase(EXIT_DELAY)
      for (const account of [alice, bob]) {
        await expect(staking.connect(account).collectReward()).to.changeTokenBalance(token, account, 500n)
        await expect(staking.connect(account).withdraw(1)).to.changeTokenBalance(token, account, 500n)
      }
      expect(await token.balanceOf(staking)).to.equal(1n)
    })

    it('keep the part of a wei that a collection could not pay', async () => {
      const { staking, token, alice, bob } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 1n)
      await staking.connect(bob).stake(1, 1n)
      await staking.notifyReward(1n)
      await time.increase(PERIOD)
      await expect(staking.connect(alice).collectReward()).to.changeTokenBalance(token, alice, 0n)
      await staking.notifyReward(1n)
      await time.increase(PERIOD)
      await expect(staking.connect(alice).collectReward()).to.changeTokenBalance(token, alice, 1n)
    })

    it('given tokens sent by mistake, do not change', async () => {
      const { staking, token, alice } = await loadFixture(fixture)
      await staking.connect(alice).stake(1, 500n)
      await token.transfer(staking, 12_345n)
      await staking.notifyReward(0n)
      await time.increase(PERIOD)
      expect(await staking.rewardOf(alice)).to.equal(0n)
    })

    /** A fraction of whole numbers, never rounded. */
    class Exact {
      constructor(
        readonly top = 0n,
        readonly bottom = 1n,
      ) {}

      plus(other: Exact): Exact {
        return new Exact(
          this.top * other.bottom + other.top * this.bottom,
          this.bottom * other.bottom,
        ).reduced()
      }

      times(top: bigint, bottom: bigint): Exact {
        return new Exact(this.top * top, this.bottom * bottom).reduced()
      }

      reduced(): Exact {
        let [a, b] = [this.top < 0n ? -this.top : this.top, this.bottom]
        while (b > 0n) [a, b] = [b, a % b]
        return a > 1n ? new Exact(this.top / a, this.bottom / a) : this
      }
    }

    const amount = fc.bigInt({ min: 1n, max: 50_000n })
    const who = fc.nat({ max: 2 })
    const action = fc.oneof(
      fc.record({ kind: fc.constant('stake' as const), who, amount }),
      fc.record({ kind: fc.constant('exit' as const), who, amount }),
      fc.record({ kind: fc.constant('slash' as const), who, amount }),
      fc.record({ kind: fc.constant('notify' as const), who, amount: fc.bigInt({ min: 0n, max: 50_000n }) }),
      fc.record({ kind: fc.constant('collect' as const), who, amount }),
      fc.record({ kind: fc.constant('wait' as const), who, amount: fc.bigInt({ min: 1n, max: PERIOD }) }),
    )
    type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

    /** Flows continuously, in fractions: `left` until `end`, counted up to `at`. */
    class Model {
      readonly stakes = [0n, 0n, 0n]
      readonly earned = [new Exact(), new Exact(), new Exact()]
      readonly paid = [0n, 0n, 0n]
      notified = 0n
      left = new Exact()
      at = 0n
      end = 0n

      /** Lets time pass under the stakes so far. */
      flow(now: bigint): void {
        const total = this.stakes.reduce((sum, stake) => sum + stake, 0n)
        const from = this.at
        this.at = now
        if (from >= this.end) return
        if (total === 0n) {
          this.end += now - from
          return
        }
        const passed = (now < this.end ? now : this.end) - from
        const flowed = this.left.times(passed, this.end - from)
        this.left = this.left.plus(flowed.times(-1n, 1n))
        for (const [i, stake] of this.stakes.entries()) {
          this.earned[i] = this.earned[i]!.plus(flowed.times(stake, total))
        }
      }

      /** @param end Until when the contract says it flows: the mean of the times, rounded up to a second. */
      add(reward: bigint, end: bigint): void {
        this.notified += reward
        if (reward === 0n) return
        const over = this.end > this.at ? this.end - this.at : 0n
        const all = this.left.plus(new Exact(reward))
        const mixed = this.left.times(over, 1n).plus(new Exact(reward * PERIOD))
        const mean = (mixed.top * all.bottom) / (mixed.bottom * all.top)
        expect(end - this.at).to.be.within(mean, mean + 1n)
        this.left = all
        this.end = end
      }
    }

    async function apply(
      {
        staking,
        token,
        alice,
        bob,
        carol,
      }: Pick<RegistrySystem, 'staking' | 'token' | 'alice' | 'bob' | 'carol'>,
      model: Model,
      { kind, who, amount }: Action,
    ): Promise<void> {
      const account = [alice, bob, carol][who]!
      const stake = model.stakes[who]!
      const now = BigInt(await time.latest()) + (kind === 'wait' ? amount : 1n)
      if (kind === 'wait') await time.increaseTo(now)
      else await time.setNextBlockTimestamp(now)
      model.flow(now)
      if (kind === 'stake') {
        await staking.connect(account).stake(1, amount)
        model.stakes[who] = stake + amount
      } else if (kind === 'exit' && stake > 0n) {
        const leaving = amount < stake ? amount : stake
        await staking.connect(account).requestExit(1, leaving)
        model.stakes[who] = stake - leaving
      } else if (kind === 'slash') {
        const { exiting } = await staking.positionOf(account, 1)
        await staking.slash(account, 1, amount, bob)
        const rest = amount > exiting ? amount - exiting : 0n
        model.stakes[who] = stake - (rest < stake ? rest : stake)
      } else if (kind === 'notify') {
        await staking.notifyReward(amount)
        model.add(amount, (await staking.rewardStream()).end)
      } else if (kind === 'collect') {
        const before = await token.balanceOf(account)
        await staking.connect(account).collectReward()
        model.paid[who]! += (await token.balanceOf(account)) - before
      }
    }

    it('equal an exact model to the wei, and lose nothing', async function () {
      this.timeout(300_000)
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async actions => {
          const system = await loadFixture(fixture)
          const { staking, token, alice, bob, carol } = system
          const model = new Model()
          for (const one of actions) await apply(system, model, one)

          const accounts = [alice, bob, carol]
          const pending = await Promise.all(accounts.map(account => staking.rewardOf(account)))
          for (const [i, exact] of model.earned.entries()) {
            const got = model.paid[i]! + pending[i]!
            const floor = exact.top / exact.bottom
            expect(got === floor || got === floor - 1n, `${got} for ${exact.top}/${exact.bottom}`).to.equal(
              true,
            )
          }
          const carried = (await staking.carriedReward()) / (await staking.REWARD_SCALE())
          const left = model.left.top / model.left.bottom
          expect(carried, 'still to flow').to.be.within(left - 1n, left + 1n)
          const out = [...model.paid, ...pending].reduce((sum, paid) => sum + paid, 0n)
          const dust = model.notified - carried - out
          expect(dust >= 0n && dust <= 4n, `dust ${dust}`).to.equal(true)

          const credit = await staking.creditOf(bob)
          const positions = await Promise.all(accounts.map(account => staking.positionOf(account, 1)))
          const principal = positions.reduce((sum, { staked, exiting }) => sum + staked + exiting, 0n)
          const unpaid = pending.reduce((sum, reward) => sum + reward, 0n)
          const held = await token.balanceOf(staking)
          expect(held).to.equal(principal + credit + unpaid + carried + dust)
          expect(await staking.totalStaked()).to.equal(model.stakes.reduce((sum, stake) => sum + stake, 0n))
        }),
        { numRuns: 100 },
      )
    })
  })

  describe('with the real registry', () => {
    it('lets it lock, and nobody else', async () => {
      const { staking, registry, alice } = await loadFixture(registrySystem)
      expect(await staking.registry()).to.equal(await registry.getAddress())
      await expect(staking.connect(alice).lock(alice, 1, 0n))
        .to.be.revertedWithCustomError(staking, 'DatanetStaking_NotRegistry')
        .withArgs(alice, registry)
    })
  })
})
