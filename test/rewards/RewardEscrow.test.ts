import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

const POOL = (1n << 32n) | 7n

async function fixture() {
  const [owner, payer, oracle, vault] = await ethers.getSigners()
  const token = await ethers.deployContract('OpenToken', [payer!, owner!])
  const escrow = await ethers.deployContract('RewardEscrow', [token, owner!])
  await token.connect(payer!).approve(escrow, ethers.MaxUint256)
  return { token, escrow, owner: owner!, payer: payer!, oracle: oracle!, vault: vault! }
}

async function wired() {
  const given = await fixture()
  await given.escrow.setOracle(given.oracle, given.vault)
  await given.escrow.connect(given.payer).fund(POOL, 100n)
  return given
}

describe('RewardEscrow', () => {
  describe('setOracle', () => {
    it('sets oracle and vault', async () => {
      const { escrow, oracle, vault } = await loadFixture(fixture)
      await expect(escrow.setOracle(oracle, vault)).to.emit(escrow, 'OracleSet').withArgs(oracle, vault)
      expect([await escrow.oracle(), await escrow.vault()]).to.deep.equal([oracle.address, vault.address])
    })

    describe('given it is set', () => {
      it('reverts with the oracle', async () => {
        const { escrow, oracle, vault, payer } = await loadFixture(wired)
        await expect(escrow.setOracle(payer, vault))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_OracleAlreadySet')
          .withArgs(oracle)
      })
    })

    describe('given a zero address', () => {
      it('reverts with both', async () => {
        const { escrow, oracle, vault } = await loadFixture(fixture)
        await expect(escrow.setOracle(ZeroAddress, vault))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_ZeroAddress')
          .withArgs(ZeroAddress, vault)
        await expect(escrow.setOracle(oracle, ZeroAddress))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_ZeroAddress')
          .withArgs(oracle, ZeroAddress)
      })
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { escrow, oracle, vault, payer } = await loadFixture(fixture)
        await expect(escrow.connect(payer).setOracle(oracle, vault))
          .to.be.revertedWithCustomError(escrow, 'OwnableUnauthorizedAccount')
          .withArgs(payer)
      })
    })
  })

  describe('fund', () => {
    it('pulls the tokens and counts them, per pool and in all', async () => {
      const { escrow, token, payer } = await loadFixture(fixture)
      await expect(escrow.connect(payer).fund(POOL, 60n))
        .to.emit(escrow, 'PoolFunded')
        .withArgs(POOL, payer, 60n, 60n)
      await expect(escrow.connect(payer).fund(POOL, 40n))
        .to.emit(escrow, 'PoolFunded')
        .withArgs(POOL, payer, 40n, 100n)
      await escrow.connect(payer).fund(POOL + 1n, 5n)
      expect(await escrow.funded(POOL)).to.equal(100n)
      expect(await escrow.totalFunded()).to.equal(105n)
      expect(await token.balanceOf(escrow)).to.equal(105n)
    })

    describe('given nothing', () => {
      it('reverts with the pool', async () => {
        const { escrow, payer } = await loadFixture(fixture)
        await expect(escrow.connect(payer).fund(POOL, 0n))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_NothingToFund')
          .withArgs(POOL)
      })
    })

    describe('given tokens that the caller does not have', () => {
      it('reverts and counts nothing', async () => {
        const { escrow, token, vault } = await loadFixture(fixture)
        await token.connect(vault).approve(escrow, 1n)
        await expect(escrow.connect(vault).fund(POOL, 1n))
          .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
          .withArgs(vault, 0n, 1n)
        expect(await escrow.totalFunded()).to.equal(0n)
      })
    })
  })

  describe('release', () => {
    it('sends the vault exactly the increase', async () => {
      const { escrow, token, oracle, vault } = await loadFixture(wired)
      await expect(escrow.connect(oracle).release(70n)).to.emit(escrow, 'Released').withArgs(70n, 70n)
      await expect(escrow.connect(oracle).release(100n)).to.emit(escrow, 'Released').withArgs(30n, 100n)
      expect(await token.balanceOf(vault)).to.equal(100n)
      expect(await escrow.totalReleased()).to.equal(100n)
    })

    it('ignores tokens that were sent without funding a pool', async () => {
      const { escrow, token, oracle, payer } = await loadFixture(wired)
      await token.connect(payer).transfer(escrow, 1000n)
      await expect(escrow.connect(oracle).release(101n)).to.be.revertedWithCustomError(
        escrow,
        'RewardEscrow_TotalOverFunded',
      )
    })

    describe('given a total above what was funded', () => {
      it('reverts with total and funded', async () => {
        const { escrow, oracle } = await loadFixture(wired)
        await expect(escrow.connect(oracle).release(101n))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_TotalOverFunded')
          .withArgs(101n, 100n)
      })
    })

    describe('given a total below what was released', () => {
      it('reverts with total and released', async () => {
        const { escrow, oracle } = await loadFixture(wired)
        await escrow.connect(oracle).release(50n)
        await expect(escrow.connect(oracle).release(49n))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_TotalFell')
          .withArgs(49n, 50n)
      })
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller, be it the owner', async () => {
        const { escrow, owner } = await loadFixture(wired)
        await expect(escrow.connect(owner).release(1n))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_NotOracle')
          .withArgs(owner)
      })
    })
  })
})
