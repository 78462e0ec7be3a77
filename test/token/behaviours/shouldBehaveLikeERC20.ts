import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { MaxUint256, ZeroAddress } from 'ethers'

import type { TokenFixture } from './tokenUnderTest'

/** What every ERC-20 with a name and burning does. The fixture's holder has the whole supply. */
export function shouldBehaveLikeERC20(fixture: TokenFixture): void {
  describe('metadata', () => {
    it('names the token', async () => {
      const { token } = await loadFixture(fixture)
      const metadata = [await token.name(), await token.symbol(), await token.decimals()]
      expect(metadata).to.deep.equal(['Open Datanets', 'OPEN', 18n])
    })
  })

  describe('totalSupply and balanceOf', () => {
    it('give the whole supply to the holder and nothing to others', async () => {
      const { token, supply, holder, alice } = await loadFixture(fixture)
      expect(await token.totalSupply()).to.equal(supply)
      expect(await token.balanceOf(holder)).to.equal(supply)
      expect(await token.balanceOf(alice)).to.equal(0n)
    })
  })

  transfers(fixture)
  delegatedTransfers(fixture)
  approvals(fixture)
  burning(fixture)
}

function transfers(fixture: TokenFixture): void {
  describe('transfer', () => {
    for (const [what, part] of [
      ['nothing', 0n],
      ['a part', 10n],
      ['all', 1n],
    ] as const) {
      it(`moves ${what} and says so`, async () => {
        const { token, supply, holder, alice } = await loadFixture(fixture)
        const amount = part === 0n ? 0n : supply / part
        const sending = token.connect(holder).transfer(alice, amount)
        await expect(sending).to.changeTokenBalances(token, [holder, alice], [-amount, amount])
        await expect(sending).to.emit(token, 'Transfer').withArgs(holder, alice, amount)
        expect(await token.totalSupply()).to.equal(supply)
      })
    }

    it('returns true', async () => {
      const { token, holder, alice } = await loadFixture(fixture)
      expect(await token.connect(holder).transfer.staticCall(alice, 1n)).to.equal(true)
    })

    it('to oneself changes nothing, but says so', async () => {
      const { token, supply, holder } = await loadFixture(fixture)
      await expect(token.connect(holder).transfer(holder, supply))
        .to.emit(token, 'Transfer')
        .withArgs(holder, holder, supply)
      expect(await token.balanceOf(holder)).to.equal(supply)
    })

    describe('given too small a balance', () => {
      it('reverts with sender, balance and need', async () => {
        const { token, errors, supply, holder, alice } = await loadFixture(fixture)
        for (const amount of [supply + 1n, MaxUint256]) {
          await expect(token.connect(holder).transfer(alice, amount))
            .to.be.revertedWithCustomError(errors, 'ERC20InsufficientBalance')
            .withArgs(holder, supply, amount)
        }
        await expect(token.connect(holder).transfer(holder, supply + 1n))
          .to.be.revertedWithCustomError(errors, 'ERC20InsufficientBalance')
          .withArgs(holder, supply, supply + 1n)
      })
    })

    describe('given the zero address', () => {
      it('reverts with the receiver', async () => {
        const { token, errors, holder } = await loadFixture(fixture)
        await expect(token.connect(holder).transfer(ZeroAddress, 1n))
          .to.be.revertedWithCustomError(errors, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })
    })
  })
}

function delegatedTransfers(fixture: TokenFixture): void {
  describe('transferFrom', () => {
    it('moves the tokens and spends the allowance, without an approval event', async () => {
      const { token, holder, alice, bob } = await loadFixture(fixture)
      await token.connect(holder).approve(alice, 50n)
      const sending = token.connect(alice).transferFrom(holder, bob, 20n)
      await expect(sending).to.changeTokenBalances(token, [holder, alice, bob], [-20n, 0n, 20n])
      await expect(sending).to.emit(token, 'Transfer').withArgs(holder, bob, 20n)
      await expect(sending).not.to.emit(token, 'Approval')
      expect(await token.allowance(holder, alice)).to.equal(30n)
    })

    it('returns true', async () => {
      const { token, holder, alice, bob } = await loadFixture(fixture)
      await token.connect(holder).approve(alice, 50n)
      expect(await token.connect(alice).transferFrom.staticCall(holder, bob, 50n)).to.equal(true)
    })

    it('leaves an unlimited allowance unlimited', async () => {
      const { token, holder, alice, bob } = await loadFixture(fixture)
      await token.connect(holder).approve(alice, MaxUint256)
      await token.connect(alice).transferFrom(holder, bob, 20n)
      expect(await token.allowance(holder, alice)).to.equal(MaxUint256)
    })

    it('needs an allowance from oneself too', async () => {
      const { token, errors, holder, bob } = await loadFixture(fixture)
      await expect(token.connect(holder).transferFrom(holder, bob, 1n))
        .to.be.revertedWithCustomError(errors, 'ERC20InsufficientAllowance')
        .withArgs(holder, 0n, 1n)
    })

    describe('given too small an allowance', () => {
      it('reverts with spender, allowance and need', async () => {
        const { token, errors, holder, alice, bob } = await loadFixture(fixture)
        await token.connect(holder).approve(alice, 19n)
        await expect(token.connect(alice).transferFrom(holder, bob, 20n))
          .to.be.revertedWithCustomError(errors, 'ERC20InsufficientAllowance')
          .withArgs(alice, 19n, 20n)
      })
    })

    describe('given too small a balance', () => {
      for (const allowance of [21n, MaxUint256]) {
        it(`reverts with sender, balance and need under an allowance of ${allowance}`, async () => {
          const { token, errors, holder, alice, bob } = await loadFixture(fixture)
          await token.connect(holder).transfer(bob, 20n)
          await token.connect(bob).approve(alice, allowance)
          await expect(token.connect(alice).transferFrom(bob, holder, 21n))
            .to.be.revertedWithCustomError(errors, 'ERC20InsufficientBalance')
            .withArgs(bob, 20n, 21n)
          expect(await token.allowance(bob, alice)).to.equal(allowance)
        })
      }
    })

    describe('given the zero address', () => {
      it('reverts with the receiver', async () => {
        const { token, errors, holder, alice } = await loadFixture(fixture)
        await token.connect(holder).approve(alice, 5n)
        await expect(token.connect(alice).transferFrom(holder, ZeroAddress, 5n))
          .to.be.revertedWithCustomError(errors, 'ERC20InvalidReceiver')
          .withArgs(ZeroAddress)
      })

      it('reverts as sender for want of an allowance', async () => {
        const { token, errors, alice, bob } = await loadFixture(fixture)
        await expect(token.connect(alice).transferFrom(ZeroAddress, bob, 1n))
          .to.be.revertedWithCustomError(errors, 'ERC20InsufficientAllowance')
          .withArgs(alice, 0n, 1n)
      })
    })
  })
}

function approvals(fixture: TokenFixture): void {
  describe('approve', () => {
    it('sets, replaces and clears the allowance, whatever the balance, and says so', async () => {
      const { token, alice, bob } = await loadFixture(fixture)
      for (const amount of [7n, 1n, MaxUint256, 0n]) {
        await expect(token.connect(alice).approve(bob, amount))
          .to.emit(token, 'Approval')
          .withArgs(alice, bob, amount)
        expect(await token.allowance(alice, bob)).to.equal(amount)
      }
      expect(await token.allowance(bob, alice)).to.equal(0n)
    })

    it('returns true', async () => {
      const { token, alice, bob } = await loadFixture(fixture)
      expect(await token.connect(alice).approve.staticCall(bob, 1n)).to.equal(true)
    })

    describe('given the zero address', () => {
      it('reverts with the spender', async () => {
        const { token, errors, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).approve(ZeroAddress, 1n))
          .to.be.revertedWithCustomError(errors, 'ERC20InvalidSpender')
          .withArgs(ZeroAddress)
      })
    })
  })
}

function burning(fixture: TokenFixture): void {
  describe('burn', () => {
    it('lowers balance and supply, and says so', async () => {
      const { token, supply, holder } = await loadFixture(fixture)
      const burning = token.connect(holder).burn(300n)
      await expect(burning).to.changeTokenBalance(token, holder, -300n)
      await expect(burning).to.emit(token, 'Transfer').withArgs(holder, ZeroAddress, 300n)
      expect(await token.totalSupply()).to.equal(supply - 300n)
      expect(await token.balanceOf(ZeroAddress)).to.equal(0n)
    })

    describe('given too small a balance', () => {
      it('reverts with account, balance and need', async () => {
        const { token, errors, alice } = await loadFixture(fixture)
        await expect(token.connect(alice).burn(1n))
          .to.be.revertedWithCustomError(errors, 'ERC20InsufficientBalance')
          .withArgs(alice, 0n, 1n)
      })
    })
  })
}
