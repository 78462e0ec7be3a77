import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

const MINIMUM = 1000n
const DELAY = 7 * 86_400

async function fixture() {
  const [owner, operator, oracle, challenger, stranger] = await ethers.getSigners()
  const token = await ethers.deployContract('OpenToken', [owner!, owner!])
  const operators = await ethers.deployContract('OperatorSet', [token, owner!, MINIMUM, DELAY])
  await operators.setOracle(oracle!)
  await operators.setOperator(operator!, true)
  await token.transfer(operator!, 5000n)
  await token.connect(operator!).approve(operators, ethers.MaxUint256)
  return {
    token,
    operators,
    owner: owner!,
    operator: operator!,
    oracle: oracle!,
    challenger: challenger!,
    stranger: stranger!,
  }
}

async function bonded() {
  const given = await fixture()
  await given.operators.connect(given.operator).bond(1501n)
  return given
}

describe('OperatorSet', () => {
  describe('setOracle', () => {
    it('sets it', async () => {
      const { token, owner, oracle } = await loadFixture(fixture)
      const operators = await ethers.deployContract('OperatorSet', [token, owner, MINIMUM, DELAY])
      await expect(operators.setOracle(oracle)).to.emit(operators, 'OracleSet').withArgs(oracle)
      expect(await operators.oracle()).to.equal(oracle.address)
    })

    describe('given it is set', () => {
      it('reverts with the oracle', async () => {
        const { operators, oracle, owner } = await loadFixture(fixture)
        await expect(operators.setOracle(owner))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_OracleAlreadySet')
          .withArgs(oracle)
      })
    })

    describe('given the zero address', () => {
      it('reverts', async () => {
        const { token, owner } = await loadFixture(fixture)
        const operators = await ethers.deployContract('OperatorSet', [token, owner, MINIMUM, DELAY])
        await expect(operators.setOracle(ZeroAddress)).to.be.revertedWithCustomError(
          operators,
          'OperatorSet_ZeroOracle',
        )
      })
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { operators, stranger } = await loadFixture(fixture)
        await expect(operators.connect(stranger).setOracle(stranger))
          .to.be.revertedWithCustomError(operators, 'OwnableUnauthorizedAccount')
          .withArgs(stranger)
      })
    })
  })

  describe('setOperator', () => {
    it('names an operator and ends the naming, leaving the bond', async () => {
      const { operators, operator } = await loadFixture(bonded)
      expect(await operators.isActive(operator)).to.equal(true)
      await expect(operators.setOperator(operator, false))
        .to.emit(operators, 'OperatorNamed')
        .withArgs(operator, false)
      expect(await operators.isOperator(operator)).to.equal(false)
      expect(await operators.isActive(operator)).to.equal(false)
      expect(await operators.bondOf(operator)).to.equal(1501n)
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { operators, stranger } = await loadFixture(fixture)
        await expect(operators.connect(stranger).setOperator(stranger, true))
          .to.be.revertedWithCustomError(operators, 'OwnableUnauthorizedAccount')
          .withArgs(stranger)
      })
    })
  })

  describe('bond', () => {
    it('makes an operator active at the minimum', async () => {
      const { operators, operator, token } = await loadFixture(fixture)
      await expect(operators.connect(operator).bond(MINIMUM - 1n))
        .to.emit(operators, 'Bonded')
        .withArgs(operator, MINIMUM - 1n, MINIMUM - 1n)
      expect(await operators.isActive(operator)).to.equal(false)
      await expect(operators.connect(operator).bond(1n))
        .to.emit(operators, 'Bonded')
        .withArgs(operator, 1n, MINIMUM)
      expect(await operators.isActive(operator)).to.equal(true)
      expect(await token.balanceOf(operators)).to.equal(MINIMUM)
    })

    describe('given an account that is not named', () => {
      it('reverts with the caller', async () => {
        const { operators, stranger } = await loadFixture(fixture)
        await expect(operators.connect(stranger).bond(MINIMUM))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotOperator')
          .withArgs(stranger)
      })
    })

    describe('given an operator that is leaving', () => {
      it('reverts with operator and time', async () => {
        const { operators, operator } = await loadFixture(bonded)
        await operators.connect(operator).requestExit()
        await expect(operators.connect(operator).bond(1n))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Leaving')
          .withArgs(operator, await operators.withdrawableAt(operator))
      })
    })
  })

  describe('requestExit', () => {
    it('makes the operator inactive at once, and its bond stays', async () => {
      const { operators, operator } = await loadFixture(bonded)
      const at = (await time.latest()) + 1 + DELAY
      await time.setNextBlockTimestamp(at - DELAY)
      await expect(operators.connect(operator).requestExit())
        .to.emit(operators, 'ExitRequested')
        .withArgs(operator, at)
      expect(await operators.isActive(operator)).to.equal(false)
      expect(await operators.bondOf(operator)).to.equal(1501n)
    })

    describe('given the operator is leaving already', () => {
      it('reverts with operator and time', async () => {
        const { operators, operator } = await loadFixture(bonded)
        await operators.connect(operator).requestExit()
        await expect(operators.connect(operator).requestExit())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_Leaving')
          .withArgs(operator, await operators.withdrawableAt(operator))
      })
    })
  })

  describe('withdrawBond', () => {
    it('returns the bond after the delay, even if the operator is no longer named', async () => {
      const { operators, operator, token } = await loadFixture(bonded)
      await operators.setOperator(operator, false)
      await operators.connect(operator).requestExit()
      await time.increase(DELAY)
      await expect(operators.connect(operator).withdrawBond())
        .to.emit(operators, 'Withdrawn')
        .withArgs(operator, 1501n)
      expect(await token.balanceOf(operator)).to.equal(5000n)
      expect(await operators.bondOf(operator)).to.equal(0n)
      expect(await operators.withdrawableAt(operator)).to.equal(0n)
    })

    it('lets the operator come back', async () => {
      const { operators, operator } = await loadFixture(bonded)
      await operators.connect(operator).requestExit()
      await time.increase(DELAY)
      await operators.connect(operator).withdrawBond()
      await operators.connect(operator).bond(MINIMUM)
      expect(await operators.isActive(operator)).to.equal(true)
    })

    describe('given the delay has not passed', () => {
      it('reverts with time and bound', async () => {
        const { operators, operator } = await loadFixture(bonded)
        await operators.connect(operator).requestExit()
        const at = await operators.withdrawableAt(operator)
        await time.setNextBlockTimestamp(at - 1n)
        await expect(operators.connect(operator).withdrawBond())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_TooEarly')
          .withArgs(at - 1n, at)
      })
    })

    describe('given no exit was requested', () => {
      it('reverts with the operator', async () => {
        const { operators, operator } = await loadFixture(bonded)
        await expect(operators.connect(operator).withdrawBond())
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotLeaving')
          .withArgs(operator)
      })
    })
  })

  describe('slash', () => {
    it('burns half and credits half, the odd wei burned', async () => {
      const { operators, operator, oracle, challenger, token } = await loadFixture(bonded)
      const supply = await token.totalSupply()
      await expect(operators.connect(oracle).slash(operator, challenger))
        .to.emit(operators, 'Slashed')
        .withArgs(operator, challenger, 1501n, 750n)
      expect(await token.totalSupply()).to.equal(supply - 751n)
      expect(await operators.rewardOf(challenger)).to.equal(750n)
      expect(await operators.bondOf(operator)).to.equal(0n)
      expect(await operators.isActive(operator)).to.equal(false)
      expect(await token.balanceOf(operators)).to.equal(750n)
    })

    it('reaches a bond whose operator is leaving', async () => {
      const { operators, operator, oracle, challenger } = await loadFixture(bonded)
      await operators.connect(operator).requestExit()
      await operators.connect(oracle).slash(operator, challenger)
      await time.increase(DELAY)
      await expect(operators.connect(operator).withdrawBond())
        .to.emit(operators, 'Withdrawn')
        .withArgs(operator, 0n)
    })

    it('does not fail where nothing is left', async () => {
      const { operators, operator, oracle, challenger } = await loadFixture(bonded)
      await operators.connect(oracle).slash(operator, challenger)
      await expect(operators.connect(oracle).slash(operator, challenger))
        .to.emit(operators, 'Slashed')
        .withArgs(operator, challenger, 0n, 0n)
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller, be it the owner', async () => {
        const { operators, operator, owner } = await loadFixture(bonded)
        await expect(operators.connect(owner).slash(operator, owner))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotOracle')
          .withArgs(owner)
      })
    })
  })

  describe('collectReward', () => {
    it('pays the credit, once', async () => {
      const { operators, operator, oracle, challenger, token } = await loadFixture(bonded)
      await operators.connect(oracle).slash(operator, challenger)
      await expect(operators.connect(challenger).collectReward())
        .to.emit(operators, 'RewardCollected')
        .withArgs(challenger, 750n)
      expect(await token.balanceOf(challenger)).to.equal(750n)
      await expect(operators.connect(challenger).collectReward())
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NoReward')
        .withArgs(challenger)
    })
  })
})
