import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import { ethers } from 'hardhat'

import { ruledToken } from '../token/ruledToken'

const DELAY = 7n * 86_400n

/** Alice contributes, Bob is to recover for her, Carol is a stranger. */
async function fixture() {
  const given = await ruledToken(DELAY)
  await given.rules.connect(given.alice).setRecovery(given.alice, given.bob)
  return given
}

async function startedFixture() {
  const given = await fixture()
  await given.rules.connect(given.bob).startRecovery(given.alice)
  return given
}

async function recoveredFixture() {
  const given = await startedFixture()
  await time.increase(DELAY)
  await given.rules.connect(given.carol).finishRecovery(given.alice)
  return given
}

describe('ContributorRegistry', () => {
  describe('constructor', () => {
    it('keeps token and delay', async () => {
      const { rules, token } = await loadFixture(fixture)
      expect(await rules.token()).to.equal(await token.getAddress())
      expect(await rules.recoveryDelay()).to.equal(DELAY)
    })

    describe('given no delay', () => {
      it('reverts', async () => {
        const { rules, token } = await loadFixture(fixture)
        await expect(ethers.deployContract('ContributorRegistry', [token, 0n])).to.be.revertedWithCustomError(
          rules,
          'ContributorRegistry_NoDelay',
        )
      })
    })
  })

  describe('given an account without rules', () => {
    it('pays itself, lets anyone claim, and is its own controller', async () => {
      const { rules, carol, bob } = await loadFixture(fixture)
      expect(await rules.payoutOf(carol)).to.equal(carol.address)
      expect(await rules.claimerOf(carol)).to.equal(ZeroAddress)
      expect(await rules.controllerOf(carol)).to.equal(carol.address)
      expect(await rules.payoutFor(carol, bob)).to.equal(carol.address)
      expect([...(await rules.rulesOf(carol))]).to.deep.equal([...Array<string>(4).fill(ZeroAddress), 0n])
    })
  })

  describe('setPayout', () => {
    it('redirects rewards, and says so', async () => {
      const { rules, token, alice, carol, vault } = await loadFixture(fixture)
      await expect(rules.connect(alice).setPayout(alice, carol))
        .to.emit(rules, 'PayoutSet')
        .withArgs(alice, carol)
      expect(await rules.payoutOf(alice)).to.equal(carol.address)
      await token.connect(vault).payCumulative(alice, 5n, vault)
      expect(await token.balanceOf(carol)).to.equal(5n)
    })

    it('goes back to the account by zero or by itself', async () => {
      const { rules, token, alice, carol, vault } = await loadFixture(fixture)
      let cumulative = 0n
      for (const back of [ZeroAddress, alice.address]) {
        await rules.connect(alice).setPayout(alice, carol)
        await expect(rules.connect(alice).setPayout(alice, back))
          .to.emit(rules, 'PayoutSet')
          .withArgs(alice, alice)
        expect(await rules.payoutOf(alice)).to.equal(alice.address)
        expect((await rules.rulesOf(alice)).payout).to.equal(ZeroAddress)
        cumulative += 5n
        await token.connect(vault).payCumulative(alice, cumulative, vault)
        expect(await token.balanceOf(alice)).to.equal(cumulative)
      }
    })

    describe('given an address that nobody can pay from', () => {
      it('reverts with it', async () => {
        const { rules, token, alice, vault } = await loadFixture(fixture)
        for (const payout of [await token.getAddress(), await rules.getAddress(), vault.address]) {
          await expect(rules.connect(alice).setPayout(alice, payout))
            .to.be.revertedWithCustomError(rules, 'ContributorRegistry_InvalidPayout')
            .withArgs(payout)
        }
      })
    })

    describe('given another caller than the account', () => {
      it('reverts with caller and controller, even for payout, claimer and recovery addresses', async () => {
        const { rules, alice, bob, carol } = await loadFixture(fixture)
        await rules.connect(alice).setPayout(alice, carol)
        await rules.connect(alice).setClaimer(alice, carol)
        for (const stranger of [bob, carol]) {
          await expect(rules.connect(stranger).setPayout(alice, stranger))
            .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
            .withArgs(stranger, alice)
        }
      })
    })
  })

  describe('setClaimer', () => {
    it('keeps all but the account and the claimer from claiming, and says so', async () => {
      const { rules, alice, bob, carol } = await loadFixture(fixture)
      await expect(rules.connect(alice).setClaimer(alice, bob))
        .to.emit(rules, 'ClaimerSet')
        .withArgs(alice, bob)
      expect(await rules.claimerOf(alice)).to.equal(bob.address)
      const answers = [alice, bob, carol].map(async caller => rules.payoutFor(alice, caller))
      expect(await Promise.all(answers)).to.deep.equal([alice.address, alice.address, ZeroAddress])
    })

    it('given the account itself lets only it claim; given zero, anyone again', async () => {
      const { rules, token, alice, carol, vault } = await loadFixture(fixture)
      await rules.connect(alice).setClaimer(alice, alice)
      await expect(token.connect(vault).payCumulative(alice, 5n, carol))
        .to.be.revertedWithCustomError(token, 'OpenToken_NotClaimer')
        .withArgs(carol, alice)
      await rules.connect(alice).setClaimer(alice, ZeroAddress)
      await token.connect(vault).payCumulative(alice, 5n, carol)
      expect(await token.balanceOf(alice)).to.equal(5n)
    })

    it('gives the claimer no say in where the money goes', async () => {
      const { rules, alice, carol } = await loadFixture(fixture)
      await rules.connect(alice).setClaimer(alice, carol)
      expect(await rules.payoutFor(alice, carol)).to.equal(alice.address)
    })

    describe('given another caller than the account', () => {
      it('reverts with caller and controller', async () => {
        const { rules, alice, bob } = await loadFixture(fixture)
        await expect(rules.connect(bob).setClaimer(alice, bob))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
          .withArgs(bob, alice)
      })
    })
  })

  describe('setRecovery', () => {
    it('names who may recover, or nobody, and says so', async () => {
      const { rules, alice, bob, carol } = await loadFixture(fixture)
      await expect(rules.connect(alice).setRecovery(alice, carol))
        .to.emit(rules, 'RecoverySet')
        .withArgs(alice, carol)
      await expect(rules.connect(bob).startRecovery(alice))
        .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotRecovery')
        .withArgs(bob, carol)
      await expect(rules.connect(alice).setRecovery(alice, ZeroAddress))
        .to.emit(rules, 'RecoverySet')
        .withArgs(alice, ZeroAddress)
      await expect(rules.connect(carol).startRecovery(alice))
        .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotRecovery')
        .withArgs(carol, ZeroAddress)
    })

    describe('given a recovery in progress', () => {
      it('calls it off, so that the address named now inherits no elapsed time', async () => {
        const { rules, alice, bob, carol } = await loadFixture(startedFixture)
        await time.increase(DELAY)
        const renaming = rules.connect(alice).setRecovery(alice, carol)
        await expect(renaming).to.emit(rules, 'RecoveryCancelled').withArgs(alice, bob)
        await expect(renaming).to.emit(rules, 'RecoverySet').withArgs(alice, carol)
        await expect(rules.connect(carol).finishRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NoRecovery')
          .withArgs(alice)
        expect(await rules.claimerOf(alice)).to.equal(ZeroAddress)
      })
    })

    describe('given the account itself or its controller', () => {
      it('reverts with it', async () => {
        const { rules, alice, bob } = await loadFixture(recoveredFixture)
        for (const recovery of [alice, bob]) {
          await expect(rules.connect(bob).setRecovery(alice, recovery))
            .to.be.revertedWithCustomError(rules, 'ContributorRegistry_InvalidRecovery')
            .withArgs(recovery)
        }
      })
    })

    describe('given another caller than the account', () => {
      it('reverts with caller and controller', async () => {
        const { rules, alice, bob } = await loadFixture(fixture)
        await expect(rules.connect(bob).setRecovery(alice, bob))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
          .withArgs(bob, alice)
      })
    })
  })

  describe('startRecovery', () => {
    it('starts the delay, and says until when', async () => {
      const { rules, alice, bob } = await loadFixture(fixture)
      const starting = await rules.connect(bob).startRecovery(alice)
      const readyAt = BigInt(await time.latest()) + DELAY
      await expect(starting).to.emit(rules, 'RecoveryStarted').withArgs(alice, bob, readyAt)
      expect((await rules.rulesOf(alice)).readyAt).to.equal(readyAt)
      expect(await rules.controllerOf(alice)).to.equal(alice.address)
    })

    it('keeps strangers from paying the address whose key is lost, but not the account', async () => {
      const { rules, token, alice, bob, carol, vault } = await loadFixture(startedFixture)
      expect(await rules.claimerOf(alice)).to.equal(alice.address)
      for (const caller of [carol, bob]) {
        await expect(token.connect(vault).payCumulative(alice, 5n, caller))
          .to.be.revertedWithCustomError(token, 'OpenToken_NotClaimer')
          .withArgs(caller, alice)
      }
      await token.connect(vault).payCumulative(alice, 5n, alice)
      expect(await token.balanceOf(alice)).to.equal(5n)
    })

    it('leaves a claimer his right', async () => {
      const { rules, alice, bob, carol } = await loadFixture(fixture)
      await rules.connect(alice).setClaimer(alice, carol)
      await rules.connect(bob).startRecovery(alice)
      expect(await rules.claimerOf(alice)).to.equal(carol.address)
    })

    describe('given another caller than the recovery address', () => {
      it('reverts with caller and recovery address', async () => {
        const { rules, alice, bob, carol } = await loadFixture(fixture)
        for (const caller of [alice, carol]) {
          await expect(rules.connect(caller).startRecovery(alice))
            .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotRecovery')
            .withArgs(caller, bob)
        }
      })
    })

    describe('given one in progress', () => {
      it('reverts with the account and its end', async () => {
        const { rules, alice, bob } = await loadFixture(startedFixture)
        const { readyAt } = await rules.rulesOf(alice)
        await expect(rules.connect(bob).startRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_RecoveryInProgress')
          .withArgs(alice, readyAt)
      })
    })
  })

  describe('cancelRecovery', () => {
    it('ends it until the very end, says so, and lets anyone claim again', async () => {
      const { rules, token, alice, bob, carol, vault } = await loadFixture(startedFixture)
      await time.increase(2n * DELAY)
      await expect(rules.connect(alice).cancelRecovery(alice))
        .to.emit(rules, 'RecoveryCancelled')
        .withArgs(alice, bob)
      await token.connect(vault).payCumulative(alice, 5n, carol)
      expect(await token.balanceOf(alice)).to.equal(5n)
      await rules.connect(bob).startRecovery(alice)
    })

    describe('given none in progress', () => {
      it('reverts with the account', async () => {
        const { rules, alice } = await loadFixture(fixture)
        await expect(rules.connect(alice).cancelRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NoRecovery')
          .withArgs(alice)
      })
    })

    describe('given another caller than the account', () => {
      it('reverts with caller and controller', async () => {
        const { rules, alice, bob } = await loadFixture(startedFixture)
        await expect(rules.connect(bob).cancelRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
          .withArgs(bob, alice)
      })
    })
  })

  describe('finishRecovery', () => {
    it('gives rules and rewards to the recovery address at once, whoever calls, and says so', async () => {
      const { rules, token, alice, bob, carol, vault } = await loadFixture(startedFixture)
      await time.increase(DELAY)
      const finishing = rules.connect(carol).finishRecovery(alice)
      await expect(finishing).to.emit(rules, 'RecoveryFinished').withArgs(alice, bob)
      await expect(finishing).to.emit(rules, 'PayoutSet').withArgs(alice, bob)
      const { controller, recovery, readyAt } = await rules.rulesOf(alice)
      expect([controller, recovery, readyAt]).to.deep.equal([bob.address, ZeroAddress, 0n])
      await token.connect(vault).payCumulative(alice, 5n, carol)
      expect([await token.balanceOf(bob), await token.balanceOf(alice)]).to.deep.equal([5n, 0n])
      expect(await token.paid(alice)).to.equal(5n)
    })

    it('leaves a payout elsewhere and a claimer as they were', async () => {
      const { rules, alice, bob, carol } = await loadFixture(fixture)
      await rules.connect(alice).setPayout(alice, carol)
      await rules.connect(alice).setClaimer(alice, carol)
      await rules.connect(bob).startRecovery(alice)
      await time.increase(DELAY)
      await expect(rules.finishRecovery(alice)).not.to.emit(rules, 'PayoutSet')
      expect(await rules.payoutOf(alice)).to.equal(carol.address)
      expect(await rules.claimerOf(alice)).to.equal(carol.address)
    })

    it('takes the rules from the account for good', async () => {
      const { rules, alice, bob, carol } = await loadFixture(recoveredFixture)
      for (const call of [
        () => rules.connect(alice).setPayout(alice, alice),
        () => rules.connect(alice).setClaimer(alice, alice),
        () => rules.connect(alice).setRecovery(alice, carol),
        () => rules.connect(alice).cancelRecovery(alice),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
          .withArgs(alice, bob)
      }
      await expect(rules.connect(bob).setPayout(alice, carol))
        .to.emit(rules, 'PayoutSet')
        .withArgs(alice, carol)
    })

    it('works again for the controller, who can call it off', async () => {
      const { rules, alice, bob, carol } = await loadFixture(recoveredFixture)
      await rules.connect(bob).setRecovery(alice, carol)
      await rules.connect(carol).startRecovery(alice)
      await rules.connect(bob).cancelRecovery(alice)
      await rules.connect(carol).startRecovery(alice)
      await time.increase(DELAY)
      await rules.finishRecovery(alice)
      expect(await rules.controllerOf(alice)).to.equal(carol.address)
      expect(await rules.payoutOf(alice)).to.equal(carol.address)
    })

    it('touches no other account, not even the recovery address itself', async () => {
      const { rules, bob, carol } = await loadFixture(recoveredFixture)
      expect([await rules.controllerOf(bob), await rules.payoutOf(bob)]).to.deep.equal([
        bob.address,
        bob.address,
      ])
      await expect(rules.connect(bob).setPayout(carol, bob))
        .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NotController')
        .withArgs(bob, carol)
    })

    describe('given a recovery address that nobody can pay from', () => {
      it('reverts with it, unless rewards go elsewhere', async () => {
        const { rules, token, alice, bob, carol } = await loadFixture(startedFixture)
        await time.increase(DELAY)
        await token.setDistributor(bob, true)
        await expect(rules.finishRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_InvalidPayout')
          .withArgs(bob)
        await rules.connect(alice).setPayout(alice, carol)
        await rules.finishRecovery(alice)
        expect(await rules.payoutOf(alice)).to.equal(carol.address)
      })
    })

    describe('given too little time', () => {
      it('reverts with now and the end, then works at the end itself', async () => {
        const { rules, alice, bob } = await loadFixture(startedFixture)
        const { readyAt } = await rules.rulesOf(alice)
        await time.setNextBlockTimestamp(readyAt - 1n)
        await expect(rules.connect(bob).finishRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_TooEarly')
          .withArgs(readyAt - 1n, readyAt)
        await time.setNextBlockTimestamp(readyAt)
        await expect(rules.connect(bob).finishRecovery(alice)).to.emit(rules, 'RecoveryFinished')
      })
    })

    describe('given none in progress', () => {
      it('reverts with the account', async () => {
        const { rules, alice, bob } = await loadFixture(recoveredFixture)
        await expect(rules.connect(bob).finishRecovery(alice))
          .to.be.revertedWithCustomError(rules, 'ContributorRegistry_NoRecovery')
          .withArgs(alice)
      })
    })
  })
})
