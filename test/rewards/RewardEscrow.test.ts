import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

const POOL = (1n << 32n) | 7n

async function fixture() {
  const [admin, payer, oracle, vault] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [admin!])
  const token = await ethers.deployContract('OpenToken', [payer!, access])
  const escrow = await ethers.deployContract('RewardEscrow', [token, vault!, oracle!])
  await token.connect(payer!).approve(escrow, ethers.MaxUint256)
  return { token, escrow, admin: admin!, payer: payer!, oracle: oracle!, vault: vault! }
}

async function wired() {
  const given = await fixture()
  await given.escrow.connect(given.payer).fund(POOL, 100n)
  return given
}

describe('RewardEscrow', () => {
  describe('constructor', () => {
    it('fixes token and vault, and names the first oracle', async () => {
      const { escrow, token, oracle, vault } = await loadFixture(fixture)
      expect([await escrow.token(), await escrow.vault(), await escrow.oracle()]).to.deep.equal([
        await token.getAddress(),
        vault.address,
        oracle.address,
      ])
      await expect(escrow.deploymentTransaction()).to.emit(escrow, 'OracleSet').withArgs(oracle)
    })

    describe('given a zero address', () => {
      it('reverts with both', async () => {
        const { escrow, token, oracle, vault } = await loadFixture(fixture)
        for (const [at, first] of [
          [ZeroAddress, oracle.address],
          [vault.address, ZeroAddress],
        ] as const) {
          await expect(ethers.deployContract('RewardEscrow', [token, at, first]))
            .to.be.revertedWithCustomError(escrow, 'RewardEscrow_ZeroAddress')
            .withArgs(at, first)
        }
      })
    })
  })

  describe('setOracle', () => {
    it('hands the place over: the old oracle can do nothing any more', async () => {
      const { escrow, oracle, payer } = await loadFixture(wired)
      await expect(escrow.connect(oracle).setOracle(payer)).to.emit(escrow, 'OracleSet').withArgs(payer)
      expect(await escrow.oracle()).to.equal(payer.address)
      await escrow.connect(payer).release(1n)
      for (const call of [
        () => escrow.connect(oracle).release(2n),
        () => escrow.connect(oracle).setOracle(oracle),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(escrow, 'RewardEscrow_NotOracle').withArgs(oracle)
      }
    })

    describe('given the zero address', () => {
      it('reverts with vault and oracle', async () => {
        const { escrow, oracle, vault } = await loadFixture(fixture)
        await expect(escrow.connect(oracle).setOracle(ZeroAddress))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_ZeroAddress')
          .withArgs(vault, ZeroAddress)
      })
    })

    describe('given another caller than the oracle', () => {
      it('reverts with the caller', async () => {
        const { escrow, payer } = await loadFixture(fixture)
        await expect(escrow.connect(payer).setOracle(payer))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_NotOracle')
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
      expect(await escrow.totals()).to.deep.equal([100n, 100n])
    })

    it('transfers nothing when the total stays', async () => {
      const { escrow, token, oracle } = await loadFixture(wired)
      await escrow.connect(oracle).release(70n)
      const sent = escrow.connect(oracle).release(70n)
      await expect(sent).to.emit(escrow, 'Released').withArgs(0n, 70n)
      await expect(sent).not.to.emit(token, 'Transfer')
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
      it('reverts with the caller, be it the admin', async () => {
        const { escrow, admin } = await loadFixture(wired)
        await expect(escrow.connect(admin).release(1n))
          .to.be.revertedWithCustomError(escrow, 'RewardEscrow_NotOracle')
          .withArgs(admin)
      })
    })
  })
})
