import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import fc from 'fast-check'
import { ethers } from 'hardhat'
import {
  BUDGET,
  CONSTANT,
  createDatanets,
  emissionSystem,
  funded,
  LENGTH,
  PROTOCOL_BPS,
  skipIfInstrumented,
  type EmissionSystem,
} from './emissionSystem'

const WHOLE = 10_000n
const LARGE = 10n ** 24n
/** From the announcement of parents until they are in force. */
const PARENTS_DELAY = 14 * LENGTH
/** The most gas that one call may take, whatever Datanet owners do. */
const GAS_AT_MOST = 15_000_000n

const fixture = () => emissionSystem()

/** Epoch 0 has begun, three Datanets have weights, and there are tokens for ten epochs. */
async function started() {
  const system = await emissionSystem()
  await createDatanets(system, 5)
  await system.token.transfer(system.emissions, 10n * BUDGET)
  await system.emissions.setWeights([1, 2, 5], [3333, 3333, 3334])
  await time.increaseTo(system.startTime)
  return system
}

/** As `started`, with a curve of its own and plenty of tokens. */
async function curved(decayBps: number, stepEpochs: number, initialBudget = BUDGET) {
  const system = await emissionSystem({ initialBudget, decayBps, stepEpochs })
  await createDatanets(system, 1)
  await system.token.transfer(system.emissions, 1_000_000n * BUDGET)
  await system.emissions.setWeights([1], [10_000])
  await time.increaseTo(system.startTime + 1000 * LENGTH)
  return system
}
const halving = () => curved(5000, 2)
const vanishing = () => curved(0, 1)

/** A chain of Datanets 1 <- 2 <- 3 <- 4: each names the one before as its parent. */
async function lineage() {
  const system = await started()
  await system.datanets.setParents(2, [1], [2500])
  await system.datanets.setParents(3, [1, 2], [1000, 3333])
  await system.datanets.setParents(4, [1, 3], [2000, 3000])
  await time.increase(PARENTS_DELAY)
  return system
}

/** A farmer owns Datanet 2 and model 1 on it; Datanet 1 is honest; the cap is on. */
async function farmed() {
  const system = await emissionSystem({ ...CONSTANT, initialBudget: LARGE })
  await createDatanets(system, 1)
  await createDatanets(system, 2, system.farmer)
  await registerModel(system, 2, system.farmer)
  await system.token.transfer(system.emissions, 10n ** 26n)
  await system.token.transfer(system.farmer, 10n ** 26n)
  await system.token.connect(system.farmer).approve(system.payments, ethers.MaxUint256)
  await system.emissions.setWeights([1, 2], [5000, 5000])
  await time.increaseTo(system.startTime + 100 * LENGTH)
  return system
}

async function registerModel(system: EmissionSystem, datanetId: number, owner = system.deployer) {
  await system.models.connect(owner).registerModel({
    name: 'model',
    baseModelId: 0,
    datanetId,
    artifactDigest: ethers.id('artifact'),
    manifestDigest: ethers.id('manifest'),
    pricePerToken: 1n,
    supersedes: 0,
    lineageBps: 0,
  })
}

async function payDirect({ payments, farmer }: EmissionSystem, amount: bigint, modelId = 1) {
  await payments.connect(farmer).payDirect(modelId, amount, ethers.id('request'))
}

/** What a Datanet is given by one epoch: into its pool, and out of its emission to others' credit. */
async function emittedBy(system: EmissionSystem, datanetId: number) {
  const before = await funded(system, datanetId)
  await system.emissions.fundEpoch()
  return (await funded(system, datanetId)) - before
}

describe('EmissionController', () => {
  describe('constructor', () => {
    it('starts with the curve and reads back what it was given', async () => {
      const { emissions, token, escrow, datanets, models, payments, startTime } = await loadFixture(fixture)
      await expect(emissions.deploymentTransaction())
        .to.emit(emissions, 'CurveSet')
        .withArgs(0, BUDGET, 10_000, 1)
      expect(await emissions.maximumBudget()).to.equal(BUDGET)
      expect(await emissions.budget()).to.equal(BUDGET)
      expect(await emissions.curve()).to.deep.equal([[BUDGET, 10_000n, 1n], 1n])
      expect(await emissions.nextEpoch()).to.equal(0n)
      expect(await emissions.epochLength()).to.equal(LENGTH)
      expect(await emissions.startTime()).to.equal(startTime)
      expect(await emissions.token()).to.equal(token)
      expect(await emissions.escrow()).to.equal(escrow)
      expect(await emissions.datanetRegistry()).to.equal(datanets)
      expect(await emissions.modelRegistry()).to.equal(models)
      expect(await emissions.payments()).to.equal(payments)
      expect(await emissions.vestingWallet()).to.equal(ethers.ZeroAddress)
    })

    describe('given epochs of no length', () => {
      it('reverts', async () => {
        const { emissions, parameters } = await loadFixture(fixture)
        const [token, escrow, datanets, models, payments, access, curve, , startTime] = parameters
        await expect(
          ethers.deployContract('EmissionController', [
            ...[token, escrow, datanets, models, payments, access, curve, 0, startTime],
          ]),
        ).to.be.revertedWithCustomError(emissions, 'EmissionController_ZeroEpochLength')
      })
    })

    describe('given a curve that grows, or with steps of no length', () => {
      it('reverts with decay and step', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissionSystem({ ...CONSTANT, decayBps: 10_001 }))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_BadCurve')
          .withArgs(10_001, 1)
        await expect(emissionSystem({ ...CONSTANT, stepEpochs: 0 }))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_BadCurve')
          .withArgs(10_000, 0)
      })
    })
  })

  describe('setWeights', () => {
    it('replaces the split', async () => {
      const { emissions } = await loadFixture(started)
      await expect(emissions.setWeights([1, 2], [2500, 7500]))
        .to.emit(emissions, 'WeightsSet')
        .withArgs([1, 2], [2500, 7500])
      await emissions.setWeights([3], [10_000])
      expect(await emissions.weights()).to.deep.equal([[3n], [10_000n]])
    })

    it('pauses the emission with nothing', async () => {
      const { emissions } = await loadFixture(started)
      await expect(emissions.setWeights([], [])).to.emit(emissions, 'WeightsSet').withArgs([], [])
      expect(await emissions.weights()).to.deep.equal([[], []])
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone } = await loadFixture(started)
        await expect(emissions.connect(anyone).setWeights([1], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'AccessManagedUnauthorized')
          .withArgs(anyone)
      })
    })

    describe('given weights that are not the whole', () => {
      it('reverts with sum and whole', async () => {
        const { emissions } = await loadFixture(started)
        await expect(emissions.setWeights([1, 2], [5000, 5001]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WeightsNotWhole')
          .withArgs(10_001, 10_000)
        await expect(emissions.setWeights([1], [0]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WeightsNotWhole')
          .withArgs(0, 10_000)
      })
    })

    describe('given lists of different lengths', () => {
      it('reverts with both lengths', async () => {
        const { emissions } = await loadFixture(started)
        await expect(emissions.setWeights([1, 2], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_LengthMismatch')
          .withArgs(2, 1)
      })
    })

    describe('given ids that do not rise', () => {
      it('reverts with the two', async () => {
        const { emissions } = await loadFixture(started)
        await expect(emissions.setWeights([2, 2], [5000, 5000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NotAscending')
          .withArgs(2, 2)
        await expect(emissions.setWeights([0], [10_000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NotAscending')
          .withArgs(0, 0)
      })
    })

    describe('given a Datanet that does not exist', () => {
      it('reverts with it and the last one', async () => {
        const { emissions } = await loadFixture(started)
        await expect(emissions.setWeights([1, 6], [5000, 5000]))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_UnknownDatanet')
          .withArgs(6, 5)
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

      it('looks at the weights of as many as there may be', async () => {
        const { emissions } = await loadFixture(fixture)
        const ids = Array.from({ length: 256 }, (_, i) => i + 1)
        const ones = ids.map(() => 1)
        await expect(emissions.setWeights(ids, ones))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WeightsNotWhole')
          .withArgs(256, WHOLE)
      })
    })
  })

  describe('setCurve', () => {
    it('replaces the budgets from the next epoch on', async () => {
      const { emissions } = await loadFixture(started)
      await emissions.fundEpoch()
      await expect(emissions.setCurve({ initialBudget: 600n, decayBps: 5000, stepEpochs: 1 }))
        .to.emit(emissions, 'CurveSet')
        .withArgs(1, 600n, 5000, 1)
      await time.increase(3 * LENGTH)
      for (const [epoch, amount] of [
        [1, 600n],
        [2, 300n],
      ] as const) {
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(epoch, amount)
      }
    })

    it('raises a budget again, up to the first one', async () => {
      const { emissions } = await loadFixture(halving)
      for (let i = 0; i < 4; i++) await emissions.fundEpoch()
      expect(await emissions.budget()).to.equal(250n)
      await emissions.setCurve(CONSTANT)
      expect(await emissions.budget()).to.equal(BUDGET)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone } = await loadFixture(fixture)
        await expect(emissions.connect(anyone).setCurve(CONSTANT))
          .to.be.revertedWithCustomError(emissions, 'AccessManagedUnauthorized')
          .withArgs(anyone)
      })
    })

    describe('given a budget above the first one', () => {
      it('reverts with both', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setCurve({ ...CONSTANT, initialBudget: BUDGET + 1n }))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_BudgetTooHigh')
          .withArgs(BUDGET + 1n, BUDGET)
      })
    })

    describe('given a curve that grows, or with steps of no length', () => {
      it('reverts with decay and step', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setCurve({ ...CONSTANT, decayBps: 10_001 }))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_BadCurve')
          .withArgs(10_001, 1)
        await expect(emissions.setCurve({ ...CONSTANT, stepEpochs: 0 }))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_BadCurve')
          .withArgs(10_000, 0)
      })
    })
  })

  describe('setFeeCap', () => {
    it('sets cap and floor', async () => {
      const { emissions } = await loadFixture(fixture)
      await expect(emissions.setFeeCap(10_000, 7n)).to.emit(emissions, 'FeeCapSet').withArgs(10_000, 7n)
      expect(await emissions.feeCapBps()).to.equal(10_000n)
      expect(await emissions.floorPerDatanet()).to.equal(7n)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone } = await loadFixture(fixture)
        await expect(emissions.connect(anyone).setFeeCap(1, 1n))
          .to.be.revertedWithCustomError(emissions, 'AccessManagedUnauthorized')
          .withArgs(anyone)
      })
    })

    describe('given more than the whole', () => {
      it('reverts with cap and whole', async () => {
        const { emissions } = await loadFixture(fixture)
        await expect(emissions.setFeeCap(10_001, 0n))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_CapTooHigh')
          .withArgs(10_001, 10_000)
      })
    })
  })

  describe('setVestingWallet', () => {
    it('names the wallet', async () => {
      const { emissions, startTime } = await loadFixture(fixture)
      const wallet = await ethers.deployContract('VestingWallet', [emissions, startTime, LENGTH])
      await expect(emissions.setVestingWallet(wallet)).to.emit(emissions, 'VestingWalletSet').withArgs(wallet)
      expect(await emissions.vestingWallet()).to.equal(wallet)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone, startTime } = await loadFixture(fixture)
        const wallet = await ethers.deployContract('VestingWallet', [emissions, startTime, LENGTH])
        await expect(emissions.connect(anyone).setVestingWallet(wallet))
          .to.be.revertedWithCustomError(emissions, 'AccessManagedUnauthorized')
          .withArgs(anyone)
      })
    })

    describe('given a second wallet', () => {
      it('reverts with the first', async () => {
        const { emissions, startTime } = await loadFixture(fixture)
        const wallet = await ethers.deployContract('VestingWallet', [emissions, startTime, LENGTH])
        await emissions.setVestingWallet(wallet)
        await expect(emissions.setVestingWallet(wallet))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_WalletAlreadySet')
          .withArgs(wallet)
      })
    })

    describe('given a wallet that pays another', () => {
      it('reverts with wallet and beneficiary', async () => {
        const { emissions, anyone, startTime } = await loadFixture(fixture)
        const wallet = await ethers.deployContract('VestingWallet', [anyone, startTime, LENGTH])
        await expect(emissions.setVestingWallet(wallet))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NotBeneficiary')
          .withArgs(wallet, anyone)
      })
    })
  })

  describe('handOver', () => {
    /** As `lineage`, with half of ten budgets still to vest, and a successor. */
    async function succeeded() {
      const system = await lineage()
      const { emissions, token, parameters } = system
      const successor = await ethers.deployContract('EmissionController', [...parameters])
      const now = await time.latest()
      const wallet = await ethers.deployContract('VestingWallet', [emissions, now, 10 * LENGTH])
      await token.transfer(wallet, 10n * BUDGET)
      await emissions.setVestingWallet(wallet)
      return { ...system, successor, wallet, now }
    }

    it('moves vesting and unallocated balance, and leaves what was credited', async () => {
      const system = await loadFixture(succeeded)
      const { emissions, token, successor, wallet, now } = system
      await emissions.setWeights([3], [10_000])
      await time.setNextBlockTimestamp(now + 5 * LENGTH)
      await emissions.fundEpoch()
      const credited = await emissions.totalAccrued()
      const balance = await token.balanceOf(emissions)
      await time.setNextBlockTimestamp(now + 7 * LENGTH)
      const moved = balance + 2n * BUDGET - credited
      await expect(emissions.handOver(successor)).to.emit(emissions, 'HandedOver').withArgs(successor, moved)
      expect(await emissions.successor()).to.equal(successor)
      expect(await wallet.owner()).to.equal(successor)
      expect(await token.balanceOf(successor)).to.equal(moved)
      expect(await token.balanceOf(emissions)).to.equal(credited)
      await expect(emissions.fundEpoch())
        .to.be.revertedWithCustomError(emissions, 'EmissionController_HandedOver')
        .withArgs(successor)
      for (const id of [2, 1]) await emissions.fundAccrued(id)
      expect(await token.balanceOf(emissions)).to.equal(0n)

      await successor.setVestingWallet(wallet)
      await successor.setWeights([1], [10_000])
      await time.setNextBlockTimestamp(now + 10 * LENGTH)
      await expect(successor.fundEpoch()).to.emit(successor, 'EpochFunded').withArgs(0, BUDGET)
      expect(await token.balanceOf(successor)).to.equal(moved + 3n * BUDGET - BUDGET)
    })

    it('moves again what came in since, and works without a wallet', async () => {
      const system = await loadFixture(succeeded)
      const { emissions, token, successor, parameters } = system
      await emissions.handOver(successor)
      await token.transfer(emissions, 7n)
      await expect(emissions.handOver(successor)).to.changeTokenBalances(
        token,
        [emissions, successor],
        [-7n, 7n],
      )
      const bare = await ethers.deployContract('EmissionController', [...parameters])
      await expect(bare.handOver(successor)).to.emit(bare, 'HandedOver').withArgs(successor, 0n)
    })

    describe('given a caller without the role', () => {
      it('reverts with the caller', async () => {
        const { emissions, anyone, successor } = await loadFixture(succeeded)
        await expect(emissions.connect(anyone).handOver(successor))
          .to.be.revertedWithCustomError(emissions, 'AccessManagedUnauthorized')
          .withArgs(anyone)
      })
    })

    describe('given itself, no contract, or a controller of another token or escrow', () => {
      it('reverts with it', async () => {
        const system = await loadFixture(succeeded)
        const { emissions, anyone } = system
        const other = await emissionSystem()
        const [, , ...rest] = other.parameters
        const otherEscrow = [system.token, other.escrow, ...rest] as const
        const wrong = [
          emissions,
          anyone,
          other.emissions,
          await ethers.deployContract('EmissionController', [...otherEscrow]),
        ]
        for (const successor of wrong) {
          await expect(emissions.handOver(successor))
            .to.be.revertedWithCustomError(emissions, 'EmissionController_WrongSuccessor')
            .withArgs(successor)
        }
      })
    })
  })

  describe('fundEpoch', () => {
    it('pays the pools by weight, exactly', async () => {
      const system = await loadFixture(started)
      const { emissions, escrow, anyone } = system
      await expect(emissions.connect(anyone).fundEpoch())
        .to.emit(emissions, 'EpochFunded')
        .withArgs(0, BUDGET)
      const amounts = await Promise.all([1, 2, 5].map(id => funded(system, id)))
      expect(amounts).to.deep.equal([333n, 333n, 334n])
      expect(await escrow.totalFunded()).to.equal(BUDGET)
    })

    it('pays each Datanet its weight to the wei, and the whole budget, whatever the weights', async () => {
      const system = await loadFixture(started)
      const { emissions, escrow, token } = system
      await token.transfer(emissions, 10n ** 9n)
      await time.increase(1000 * LENGTH)
      const weight = fc.integer({ min: 0, max: 3333 })
      await fc.assert(
        fc.asyncProperty(weight, weight, weight, async (...three) => {
          const bps = [...three, 10_000 - three[0] - three[1] - three[2]]
          const ids = [1, 2, 3, 5]
          await emissions.setWeights(ids, bps)
          const before = await Promise.all(ids.map(id => funded(system, id)))
          const total = await escrow.totalFunded()
          await emissions.fundEpoch()
          for (const [i, id] of ids.entries()) {
            const exact = BigInt(bps[i]!) * BUDGET
            const got = ((await funded(system, id)) - before[i]!) * WHOLE
            expect(got - exact < WHOLE && exact - got < WHOLE).to.equal(true)
            if (bps[i] === 0) expect(got).to.equal(0n)
          }
          expect((await escrow.totalFunded()) - total).to.equal(BUDGET)
        }),
        { numRuns: 20 },
      )
    })

    it('makes up for missed epochs, one a call and in order', async () => {
      const { emissions, escrow, startTime } = await loadFixture(started)
      await time.increaseTo(startTime + 2 * LENGTH)
      for (const epoch of [0, 1, 2]) {
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(epoch, BUDGET)
      }
      expect(await emissions.nextEpoch()).to.equal(3n)
      expect(await escrow.totalFunded()).to.equal(3n * BUDGET)
      await expect(emissions.fundEpoch()).to.be.revertedWithCustomError(
        emissions,
        'EmissionController_TooEarly',
      )
    })

    it('skips a Datanet whose weight is nothing', async () => {
      const system = await loadFixture(started)
      await system.emissions.setWeights([1, 2], [10_000, 0])
      await system.emissions.fundEpoch()
      expect(await funded(system, 1)).to.equal(BUDGET)
      expect(await funded(system, 2)).to.equal(0n)
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

    describe('given no weights yet', () => {
      it('reverts', async () => {
        const { emissions, startTime } = await loadFixture(fixture)
        await time.increaseTo(startTime)
        await expect(emissions.fundEpoch()).to.be.revertedWithCustomError(
          emissions,
          'EmissionController_NoWeights',
        )
      })
    })

    describe('given a pause', () => {
      it('uses up no epoch, and pays them after it', async () => {
        const { emissions, startTime } = await loadFixture(started)
        await emissions.setWeights([], [])
        await time.increaseTo(startTime + LENGTH)
        await expect(emissions.fundEpoch()).to.be.revertedWithCustomError(
          emissions,
          'EmissionController_NoWeights',
        )
        await emissions.setWeights([2], [10_000])
        for (const epoch of [0, 1]) {
          await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(epoch, BUDGET)
        }
      })
    })

    describe('given a curve', () => {
      it('multiplies the budget at each step, rounded down, until it is zero', async () => {
        const { emissions, escrow } = await loadFixture(halving)
        let expected = BUDGET
        let total = 0n
        for (let epoch = 0; epoch < 24; epoch++) {
          expect(await emissions.budget()).to.equal(expected)
          await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(epoch, expected)
          total += expected
          if (epoch % 2 === 1) expected /= 2n
        }
        expect(expected).to.equal(0n)
        expect(await escrow.totalFunded()).to.equal(total)
        expect(await emissions.curve()).to.deep.equal([[0n, 5000n, 2n], 2n])
      })

      it('goes on with epochs of nothing after a decay to zero', async () => {
        const { emissions, escrow } = await loadFixture(vanishing)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(0, BUDGET)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(1, 0)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(2, 0)
        expect(await escrow.totalFunded()).to.equal(BUDGET)
      })
    })

    describe('given fewer tokens than the budget', () => {
      it('pays what is there, by weight', async () => {
        const system = await loadFixture(started)
        const { emissions, token } = system
        await time.increase(20 * LENGTH)
        for (let i = 0; i < 10; i++) await emissions.fundEpoch()
        await token.transfer(emissions, 10n)
        const before = await Promise.all([1, 2, 5].map(id => funded(system, id)))
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(10, 10)
        const after = await Promise.all([1, 2, 5].map(id => funded(system, id)))
        expect(after.map((amount, i) => amount - before[i]!)).to.deep.equal([3n, 3n, 4n])
      })

      it('reverts with the epoch if there is none, and keeps the epoch', async () => {
        const { emissions, token } = await loadFixture(started)
        await time.increase(20 * LENGTH)
        for (let i = 0; i < 10; i++) await emissions.fundEpoch()
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingVested')
          .withArgs(10)
        expect(await emissions.nextEpoch()).to.equal(10n)
        await token.transfer(emissions, BUDGET)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(10, BUDGET)
      })

      it('goes on where the budget is nothing, and not where it is a wei', async () => {
        const { emissions } = await loadFixture(started)
        await time.increase(20 * LENGTH)
        for (let i = 0; i < 10; i++) await emissions.fundEpoch()
        await emissions.setCurve({ ...CONSTANT, initialBudget: 0n })
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(10, 0)
        await emissions.setCurve({ ...CONSTANT, initialBudget: 1n })
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingVested')
          .withArgs(11)
      })
    })

    describe('given a vesting wallet', () => {
      async function vesting() {
        const system = await emissionSystem()
        await createDatanets(system, 1)
        await system.emissions.setWeights([1], [10_000])
        const wallet = await ethers.deployContract('VestingWallet', [
          ...[system.emissions, system.startTime, 10 * LENGTH],
        ])
        await system.token.transfer(wallet, 5n * BUDGET)
        await system.emissions.setVestingWallet(wallet)
        return { ...system, wallet }
      }

      it('pulls what has vested and pays it up to the budget', async () => {
        const { emissions, token, wallet, startTime } = await loadFixture(vesting)
        await time.setNextBlockTimestamp(startTime + LENGTH)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(0, 500)
        await time.setNextBlockTimestamp(startTime + 4 * LENGTH)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(1, BUDGET)
        expect(await token.balanceOf(emissions)).to.equal(500n)
        expect(await token.balanceOf(wallet)).to.equal(3000n)
      })

      it('reverts while nothing has vested', async () => {
        const { emissions, startTime } = await loadFixture(vesting)
        await time.setNextBlockTimestamp(startTime)
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingVested')
          .withArgs(0)
      })

      it('pays all of it in the end', async () => {
        const { emissions, escrow, token, wallet, startTime } = await loadFixture(vesting)
        await time.increaseTo(startTime + 10 * LENGTH)
        for (let epoch = 0; epoch < 5; epoch++) await emissions.fundEpoch()
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingVested')
          .withArgs(5)
        expect(await escrow.totalFunded()).to.equal(5n * BUDGET)
        expect(await token.balanceOf(emissions)).to.equal(0n)
        expect(await token.balanceOf(wallet)).to.equal(0n)
      })
    })

    describe('given the community allocation of the genesis', () => {
      it('pays what vests of it, epoch by epoch', async () => {
        const { emissions, token, escrow, wallet, start } = await loadFixture(genesis)
        expect(await token.balanceOf(wallet)).to.equal(COMMUNITY)
        let paid = 0n
        for (let epoch = 1n; epoch <= 5n; epoch++) {
          const at = start + 7 * Number(epoch) * LENGTH
          await time.setNextBlockTimestamp(at)
          await emissions.fundEpoch()
          const vested = (COMMUNITY * BigInt(at - start)) / BigInt(1460 * LENGTH)
          paid = paid + WEEKLY < vested ? paid + WEEKLY : vested
          expect(await escrow.totalFunded()).to.equal(paid)
          expect(await token.balanceOf(emissions)).to.equal(vested - paid)
        }
      })

      const COMMUNITY = 400_000_000n * 10n ** 18n
      const WEEKLY = (COMMUNITY * 6n) / 1460n

      /** 40 % vest over 1,460 days towards the controller; of seven days' vesting a week's budget leaves one. */
      async function genesis() {
        const [deployer] = await ethers.getSigners()
        const group = (bps: number, duration: number) => ({ name: ethers.ZeroHash, bps, start: 0, duration })
        const groups = [group(4000, 1460 * LENGTH), group(6000, 0), group(0, 0), group(0, 0), group(0, 0)]
        const distribution = await ethers.deployContract('GenesisDistribution', [deployer!, groups])
        const start = Number(await distribution.genesisTime())
        const system = await emissionSystem({ ...CONSTANT, initialBudget: WEEKLY }, distribution)
        const list = [{ account: system.emissions, vested: COMMUNITY, liquid: 0n }]
        await distribution.allocate(system.token, 0, list)
        const [wallet] = await distribution.walletsOf(0)
        await system.emissions.setVestingWallet(wallet!)
        await createDatanets(system, 1)
        await system.emissions.setWeights([1], [10_000])
        return { ...system, wallet: wallet!, start }
      }
    })

    describe('given parents', () => {
      it('credits them their parts and funds the rest', async () => {
        const system = await loadFixture(lineage)
        const { emissions, escrow } = system
        await emissions.setWeights([3], [10_000])
        await expect(emissions.fundEpoch())
          .to.emit(emissions, 'EpochFunded')
          .withArgs(0, BUDGET)
          .to.emit(emissions, 'Accrued')
          .withArgs(1, 3, 100)
          .to.emit(emissions, 'Accrued')
          .withArgs(2, 3, 333)
        expect(await funded(system, 3)).to.equal(567n)
        expect(await emissions.accrued(1)).to.equal(100n)
        expect(await emissions.accrued(2)).to.equal(333n)
        expect(await emissions.totalAccrued()).to.equal(433n)
        expect(await escrow.totalFunded()).to.equal(567n)
      })

      it('leaves a Datanet whose parents get the most its half and the dust', async () => {
        const system = await loadFixture(lineage)
        const { emissions, escrow } = system
        await emissions.setWeights([4], [10_000])
        await emissions.fundEpoch()
        expect(await funded(system, 4)).to.equal(BUDGET / 2n)
        expect(await emissions.totalAccrued()).to.equal(BUDGET / 2n)
        expect(await escrow.totalFunded()).to.equal(BUDGET / 2n)
        await emissions.setCurve({ initialBudget: 999n, decayBps: 10_000, stepEpochs: 1 })
        await time.increase(LENGTH)
        await emissions.fundEpoch()
        expect(await funded(system, 4)).to.equal(BUDGET / 2n + 501n)
        expect(await emissions.totalAccrued()).to.equal(BUDGET / 2n + 498n)
      })

      it('never emits what parents were credited', async () => {
        const system = await loadFixture(lineage)
        const { emissions, token } = system
        await emissions.setWeights([4], [10_000])
        await time.increase(20 * LENGTH)
        for (let i = 0; i < 10; i++) await emissions.fundEpoch()
        expect(await token.balanceOf(emissions)).to.equal(5n * BUDGET)
        await expect(emissions.fundEpoch())
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingVested')
          .withArgs(10)
      })

      it('credits nothing out of a part below a wei', async () => {
        const system = await loadFixture(lineage)
        const { emissions } = system
        await emissions.setWeights([2], [10_000])
        await emissions.setCurve({ initialBudget: 1n, decayBps: 10_000, stepEpochs: 1 })
        await expect(emissions.fundEpoch()).not.to.emit(emissions, 'Accrued')
        expect(await funded(system, 2)).to.equal(1n)
      })

      it('keeps back the one wei that a parent was credited', async () => {
        const system = await loadFixture(lineage)
        const { emissions } = system
        await emissions.setWeights([2], [10_000])
        await emissions.setCurve({ ...CONSTANT, initialBudget: 4n })
        await emissions.fundEpoch()
        expect(await emissions.accrued(1)).to.equal(1n)
        expect(await emissions.totalAccrued()).to.equal(1n)
        expect(await funded(system, 2)).to.equal(3n)
      })
    })

    describe('given an owner who names a parent of its own just before', () => {
      it('pays the Datanet, and half of later epochs at most to the parent', async () => {
        const system = await loadFixture(fixture)
        const { farmer, emissions, datanets } = system
        await createDatanets(system, 2, farmer)
        await system.token.transfer(emissions, 10n * BUDGET)
        await emissions.setWeights([2], [10_000])
        await time.increaseTo(system.startTime)
        await datanets.connect(farmer).setParents(2, [1], [5000])
        await emissions.connect(farmer).fundEpoch()
        expect(await emissions.accrued(1)).to.equal(0n)
        expect(await funded(system, 2)).to.equal(BUDGET)
        await time.increase(PARENTS_DELAY)
        await emissions.fundEpoch()
        expect(await emissions.accrued(1)).to.equal(BUDGET / 2n)
      })
    })

    describe('given more parents than one call credits', () => {
      it('credits the others as a whole, and fundAccrued shares them out', async () => {
        const system = await loadFixture(manyParents)
        const { emissions, escrow } = system
        await emissions.fundEpoch()
        expect(await emissions.MAX_PARENT_CREDITS()).to.equal(16n * 8n)
        expect(await emissions.accrued(1)).to.equal(16n)
        expect(await funded(system, 24)).to.equal(50n)
        expect(await emissions.accrued(25)).to.equal(100n)
        expect(await funded(system, 25)).to.equal(0n)
        expect(await emissions.accrued(26)).to.equal(100n)

        await expect(emissions.fundAccrued(25)).to.emit(emissions, 'AccruedFunded').withArgs(25, 100)
        expect(await emissions.accrued(1)).to.equal(17n)
        expect(await funded(system, 25)).to.equal(50n)
        await emissions.fundAccrued(26)
        expect(await funded(system, 26)).to.equal(100n)
        expect((await escrow.totalFunded()) + (await emissions.totalAccrued())).to.equal(20n * 100n)
      })

      it('credits those of one Datanet more while there is room for a single one', async () => {
        const system = await loadFixture(manyParents)
        const { emissions, datanets } = system
        await datanets.setParents(24, [1, 2, 3, 4, 5, 6, 7], [100, 200, 400, 800, 900, 1000, 1500])
        await time.increase(PARENTS_DELAY)
        await emissions.fundEpoch()
        expect(await funded(system, 25)).to.equal(50n)
        expect(await emissions.accrued(25)).to.equal(0n)
        expect(await emissions.accrued(26)).to.equal(100n)
      })

      it('does not count the parents of a Datanet that is paid nothing', async () => {
        const system = await loadFixture(manyParents)
        const { emissions } = system
        const ids = Array.from({ length: 17 }, (_, i) => 9 + i)
        const bps = ids.map(id => (id === 9 ? 0 : 625))
        await emissions.setWeights(ids, bps)
        await emissions.fundEpoch()
        expect(await emissions.accrued(25)).to.equal(0n)
        expect(await funded(system, 25)).to.equal(await funded(system, 24))
      })

      /** Datanets 9 to 25 each have the parents 1 to 8; 26 to 28 have none. Each gets 100. */
      async function manyParents() {
        const system = await emissionSystem({ ...CONSTANT, initialBudget: 2000n })
        await createDatanets(system, 28)
        const parents = [1, 2, 3, 4, 5, 6, 7, 8]
        const bps = [100, 200, 400, 800, 900, 1000, 700, 900]
        for (let id = 9; id <= 25; id++) await system.datanets.setParents(id, parents, bps)
        await system.token.transfer(system.emissions, 2000n)
        const ids = Array.from({ length: 20 }, (_, i) => 9 + i)
        await system.emissions.setWeights(
          ids,
          ids.map(() => 500),
        )
        await time.increase(PARENTS_DELAY)
        return system
      }
    })

    describe('given the fee cap', () => {
      it('pays no more than the floor without fees, and keeps the rest', async () => {
        const system = await loadFixture(started)
        const { emissions, token } = system
        await emissions.setFeeCap(10_000, 50n)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(0, 150)
        expect(await funded(system, 1)).to.equal(50n)
        expect(await token.balanceOf(emissions)).to.equal(10n * BUDGET - 150n)
      })

      it('pays no more than the share, whatever the floor', async () => {
        const { emissions } = await loadFixture(started)
        await emissions.setFeeCap(0, 2n ** 128n - 1n)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(0, BUDGET)
      })

      it('pays nothing without fees or floor', async () => {
        const { emissions } = await loadFixture(started)
        await emissions.setFeeCap(10_000, 0n)
        await expect(emissions.fundEpoch()).to.emit(emissions, 'EpochFunded').withArgs(0, 0)
      })

      it('adds the capped part of the fees to the floor, once', async () => {
        const system = await loadFixture(farmed)
        const { emissions } = system
        await emissions.setFeeCap(5000, 7n)
        await payDirect(system, 10n ** 20n)
        await emissions.reportFees(1)
        const fees = (10n ** 20n * PROTOCOL_BPS) / WHOLE
        expect(await emissions.pendingFees(2)).to.equal(fees)
        expect(await emittedBy(system, 2)).to.equal(7n + fees / 2n)
        expect(await emissions.pendingFees(2)).to.equal(0n)
        expect(await emittedBy(system, 2)).to.equal(7n)
      })

      it('uses up of the fees what the share needed, rounded up, and lets the rest wait', async () => {
        const system = await loadFixture(farmed)
        const { emissions } = system
        const fees = (10n ** 26n * PROTOCOL_BPS) / WHOLE
        await payDirect(system, 10n ** 26n)
        await emissions.reportFees(1)
        await emissions.setFeeCap(3333, 1001n)
        const share = LARGE / 2n
        expect(await emittedBy(system, 2)).to.equal(share)
        const used = ((share - 1001n) * WHOLE + 3332n) / 3333n
        expect(await emissions.pendingFees(2)).to.equal(fees - used)
        await emissions.setFeeCap(3333, LARGE)
        expect(await emittedBy(system, 2)).to.equal(share)
        expect(await emissions.pendingFees(2)).to.equal(fees - used)
      })

      it('lets fees wait while they count for nothing', async () => {
        const system = await loadFixture(farmed)
        const { emissions } = system
        await payDirect(system, 10n ** 20n)
        await emissions.reportFees(1)
        const fees = await emissions.pendingFees(2)
        await emissions.setFeeCap(0, 7n)
        expect(await emittedBy(system, 2)).to.equal(7n)
        expect(await emissions.pendingFees(2)).to.equal(fees)
      })

      it('uses up a fee of one wei too', async () => {
        const system = await loadFixture(farmed)
        const { emissions } = system
        await emissions.setFeeCap(10_000, 0n)
        await payDirect(system, WHOLE / PROTOCOL_BPS)
        await emissions.reportFees(1)
        expect(await emissions.pendingFees(2)).to.equal(1n)
        expect(await emittedBy(system, 2)).to.equal(1n)
        expect(await emissions.pendingFees(2)).to.equal(0n)
      })

      it('lets fees wait while it is off or the Datanet is paused', async () => {
        const system = await loadFixture(farmed)
        const { emissions } = system
        await payDirect(system, 10n ** 20n)
        await emissions.reportFees(1)
        const fees = await emissions.pendingFees(2)
        expect(await emittedBy(system, 2)).to.equal(LARGE / 2n)
        await emissions.setFeeCap(10_000, 0n)
        await emissions.setWeights([1, 2], [10_000, 0])
        expect(await emittedBy(system, 2)).to.equal(0n)
        await emissions.setWeights([1, 2], [0, 10_000])
        expect(await emittedBy(system, 2)).to.equal(fees)
      })

      describe('given a farmer that pays fees to itself', () => {
        it('gives it at most the protocol fee that it cannot get back', async () => {
          const amounts = fc.bigInt({ min: 1n, max: 10n ** 25n })
          const capBps = fc.integer({ min: 0, max: 10_000 })
          const floor = fc.bigInt({ min: 1n, max: 10n ** 23n })
          await fc.assert(
            fc.asyncProperty(fc.array(amounts, { maxLength: 3 }), capBps, floor, async (fees, bps, least) => {
              const system = await loadFixture(farmed)
              const { emissions, payments, token, treasury } = system
              await emissions.setFeeCap(bps, least)
              const honest = await emittedBy(system, 2)
              expect(honest).to.equal(least)

              let emitted = 0n
              for (const fee of fees) {
                await payDirect(system, fee)
                await emissions.reportFees(1)
                emitted += (await emittedBy(system, 2)) - honest
              }
              const lost = await payments.protocolFeesOf(1)
              expect(emitted <= (lost * BigInt(bps)) / WHOLE).to.equal(true)
              // It is lost: all of it goes to the treasury.
              await payments.tally([1])
              if (lost !== 0n) await payments.collectProtocol()
              expect(await token.balanceOf(treasury)).to.equal(lost)
            }),
            { numRuns: 15 },
          )
        })

        it('gives its Datanet and the parents that it named no more, all together', async () => {
          const system = await loadFixture(farmed)
          const { emissions, datanets, escrow, farmer } = system
          await datanets.connect(farmer).createDatanet('second', ethers.id('second'), 0)
          await datanets.connect(farmer).setParents(3, [2], [4777])
          await time.increase(PARENTS_DELAY)
          await registerModel(system, 3, farmer)
          await emissions.setWeights([1, 2, 3], [4000, 3000, 3000])
          await emissions.setFeeCap(10_000, 0n)
          await payDirect(system, 10n ** 22n + 1n)
          await payDirect(system, 10n ** 22n + 3n, 2)
          for (const model of [1, 2]) await emissions.reportFees(model)
          await emissions.fundEpoch()
          await emissions.fundAccrued(2)
          const lost = (await emissions.reportedFees(1)) + (await emissions.reportedFees(2))
          expect(lost > 0n).to.equal(true)
          expect(await escrow.totalFunded()).to.equal(lost)
        })

        it('leaves it no richer, even if every other part of its fees comes back', async () => {
          const system = await loadFixture(farmed)
          const { emissions, farmer, payments, token } = system
          await emissions.setFeeCap(10_000, 0n)
          const before = await token.balanceOf(farmer)
          await payDirect(system, 10n ** 22n)
          await emissions.reportFees(1)
          const emitted = await emittedBy(system, 2)
          await payments.tally([1])
          await payments.collectOwner(1)
          await payments.collectContributors(1)
          const pool = await system.escrow.funded((2n << 32n) | 1n)
          const stakers = await payments.owedStakers()
          const after = (await token.balanceOf(farmer)) + pool + stakers + emitted
          expect(after <= before).to.equal(true)
        })
      })
    })

    describe('gas', () => {
      before(skipIfInstrumented)

      const ids = Array.from({ length: 256 }, (_, i) => 129 + i)
      const weight = ids.map((_, i) => (i === 255 ? 10_000 - 255 * 39 : 39))

      it('pays one Datanet', async () => {
        const { emissions } = await loadFixture(started)
        await emissions.setWeights([1], [10_000])
        const receipt = await (await emissions.fundEpoch()).wait()
        expect(receipt!.gasUsed).to.be.lessThan(250_000n)
      })

      it('pays the most Datanets', async () => {
        const { emissions, escrow } = await loadFixture(most)
        const receipt = await (await emissions.fundEpoch()).wait()
        expect(await escrow.totalFunded()).to.equal(LARGE)
        expect(receipt!.gasUsed).to.be.lessThan(GAS_AT_MOST)
      })

      it('pays the most Datanets with the most parents and with fees', async () => {
        const system = await loadFixture(hostile)
        const { emissions, escrow } = system
        const receipt = await (await emissions.fundEpoch()).wait()
        expect(receipt!.gasUsed).to.be.lessThan(GAS_AT_MOST)
        expect((await escrow.totalFunded()) + (await emissions.totalAccrued())).to.equal(LARGE)
      })

      async function most() {
        const system = await emissionSystem({ ...CONSTANT, initialBudget: LARGE })
        await createDatanets(system, 384)
        await system.token.transfer(system.emissions, LARGE)
        await system.emissions.setWeights(ids, weight)
        await time.increaseTo(system.startTime)
        return system
      }

      /** Every Datanet has fees to count, and the 16 that come first share out to eight parents each of their own. */
      async function hostile() {
        const system = await most()
        await system.emissions.setFeeCap(10_000, LARGE)
        await system.token.transfer(system.farmer, 256n * 1000n)
        await system.token.connect(system.farmer).approve(system.payments, ethers.MaxUint256)
        for (const id of ids) {
          await registerModel(system, id)
          await payDirect(system, 1000n, id - 128)
          await system.emissions.reportFees(id - 128)
        }
        const bps = Array<number>(8).fill(625)
        for (let child = 0; child < 16; child++) {
          const parents = Array.from({ length: 8 }, (_, i) => child * 8 + i + 1)
          await system.datanets.setParents(ids[child]!, parents, bps)
        }
        await time.increase(PARENTS_DELAY)
        return system
      }
    })
  })

  describe('fundAccrued', () => {
    it('pays a parent without parents all of its credit', async () => {
      const system = await loadFixture(lineage)
      const { emissions, anyone } = system
      await emissions.setWeights([3], [10_000])
      await emissions.fundEpoch()
      await expect(emissions.connect(anyone).fundAccrued(1))
        .to.emit(emissions, 'AccruedFunded')
        .withArgs(1, 100)
      expect(await funded(system, 1)).to.equal(100n)
      expect(await emissions.accrued(1)).to.equal(0n)
      expect(await emissions.totalAccrued()).to.equal(333n)
    })

    it('passes a parent its parents their parts, up to the root', async () => {
      const system = await loadFixture(lineage)
      const { emissions, escrow, token } = system
      await emissions.setWeights([4], [10_000])
      await emissions.fundEpoch()
      for (const id of [3, 2, 1]) await emissions.fundAccrued(id)
      // 4 gives 200 to 1 and 300 to 3, which gives 30 to 1 and 99 to 2, which gives 24 to 1.
      const amounts = await Promise.all([1, 2, 3, 4].map(id => funded(system, id)))
      expect(amounts).to.deep.equal([254n, 75n, 171n, 500n])
      expect(await escrow.totalFunded()).to.equal(BUDGET)
      expect(await emissions.totalAccrued()).to.equal(0n)
      expect(await token.balanceOf(emissions)).to.equal(9n * BUDGET)
    })

    it('knows no parents that are only announced', async () => {
      const system = await loadFixture(lineage)
      const { emissions, datanets } = system
      await emissions.setWeights([3], [10_000])
      await emissions.fundEpoch()
      await datanets.setParents(2, [1], [5000])
      await emissions.fundAccrued(2)
      expect(await funded(system, 2)).to.equal(250n)
      expect(await emissions.accrued(1)).to.equal(183n)
    })

    describe('given no credit', () => {
      it('reverts with the Datanet', async () => {
        const { emissions } = await loadFixture(started)
        await expect(emissions.fundAccrued(2))
          .to.be.revertedWithCustomError(emissions, 'EmissionController_NothingAccrued')
          .withArgs(2)
      })
    })
  })

  describe('reportFees', () => {
    it('counts the growth of the protocol fees for the Datanet of the model', async () => {
      const system = await loadFixture(farmed)
      const { emissions, anyone } = system
      await payDirect(system, 1000n)
      await expect(emissions.connect(anyone).reportFees(1))
        .to.emit(emissions, 'FeesReported')
        .withArgs(1, 2, 50)
      await payDirect(system, 3000n)
      await expect(emissions.reportFees(1)).to.emit(emissions, 'FeesReported').withArgs(1, 2, 150)
      expect(await emissions.reportedFees(1)).to.equal(200n)
      expect(await emissions.pendingFees(2)).to.equal(200n)
    })

    it('does nothing without growth', async () => {
      const system = await loadFixture(farmed)
      const { emissions } = system
      await payDirect(system, 1000n)
      await emissions.reportFees(1)
      await expect(emissions.reportFees(1)).not.to.emit(emissions, 'FeesReported')
      expect(await emissions.pendingFees(2)).to.equal(50n)
    })

    it('does nothing for a model that does not exist', async () => {
      const { emissions } = await loadFixture(farmed)
      await expect(emissions.reportFees(9)).not.to.emit(emissions, 'FeesReported')
    })
  })

  describe('code', () => {
    before(skipIfInstrumented)

    it('is below 18,000 bytes', async () => {
      const { emissions } = await loadFixture(fixture)
      expect(ethers.dataLength(await ethers.provider.getCode(emissions))).to.be.lessThan(18_000)
    })
  })
})
