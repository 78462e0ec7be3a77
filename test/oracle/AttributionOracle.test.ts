import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, ZeroHash, id } from 'ethers'
import { ethers } from 'hardhat'

import { EMPTY, hash24 } from '../libraries/positionalTree'
import { ledgerProof } from './epochTrees'
import { BOND, EXIT_DELAY, POOL, WINDOW, epochOf, finalize, oracleSystem } from './oracleSystem'

const EARNED = [[100n], [0n], [250n], [8n], [1n]]

async function fixture() {
  const system = await oracleSystem()
  return { ...system, epoch: epochOf(system, 1, EARNED) }
}

async function posted() {
  const given = await fixture()
  await given.oracle.connect(given.operator).post(given.epoch.post)
  const { deadline } = await given.oracle.pending()
  return { ...given, deadline }
}

async function final() {
  const given = await fixture()
  await finalize(given, given.epoch.post)
  return {
    ...given,
    next: epochOf(
      given,
      2,
      EARNED,
      given.epoch.ledger.entries.map(e => e.cumulative),
    ),
  }
}

describe('AttributionOracle', () => {
  describe('constructor', () => {
    describe('given a window longer than the exit delay', () => {
      it('reverts with both', async () => {
        const { oracle, operators, escrow, vault, registry, owner } = await loadFixture(fixture)
        const args = [operators, escrow, vault, registry, owner, EXIT_DELAY + 1] as const
        await expect(ethers.deployContract('AttributionOracle', [...args]))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WindowOverExitDelay')
          .withArgs(EXIT_DELAY + 1, EXIT_DELAY)
      })
    })
  })

  describe('openEpoch', () => {
    it('fixes a configuration', async () => {
      const { oracle } = await loadFixture(fixture)
      await expect(oracle.openEpoch(3, id('configuration 3')))
        .to.emit(oracle, 'EpochOpened')
        .withArgs(3, id('configuration 3'))
      expect(await oracle.configOf(3)).to.equal(id('configuration 3'))
    })

    describe('given it is fixed', () => {
      it('reverts with epoch and configuration', async () => {
        const { oracle } = await loadFixture(fixture)
        await expect(oracle.openEpoch(1, id('another')))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_EpochAlreadyOpen')
          .withArgs(1, id('configuration 1'))
      })
    })

    describe('given a final epoch', () => {
      it('reverts with both epochs', async () => {
        const { oracle } = await loadFixture(final)
        for (const epoch of [0, 1]) {
          await expect(oracle.openEpoch(epoch, id('late')))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_EpochFinal')
            .withArgs(epoch, 1)
        }
      })
    })

    describe('given a zero configuration', () => {
      it('reverts with the epoch', async () => {
        const { oracle } = await loadFixture(fixture)
        await expect(oracle.openEpoch(3, ZeroHash))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_ZeroConfig')
          .withArgs(3)
      })
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { oracle, operator } = await loadFixture(fixture)
        await expect(oracle.connect(operator).openEpoch(3, id('x')))
          .to.be.revertedWithCustomError(oracle, 'OwnableUnauthorizedAccount')
          .withArgs(operator)
      })
    })
  })

  describe('setFraudProofs', () => {
    it('sets them once', async () => {
      const { oracle, operators, escrow, vault, registry, owner, fraudProofs } = await loadFixture(fixture)
      const args = [operators, escrow, vault, registry, owner, WINDOW] as const
      const fresh = await ethers.deployContract('AttributionOracle', [...args])
      await expect(fresh.setFraudProofs(ZeroAddress)).to.be.revertedWithCustomError(
        oracle,
        'AttributionOracle_ZeroFraudProofs',
      )
      await expect(fresh.setFraudProofs(fraudProofs)).to.emit(fresh, 'FraudProofsSet').withArgs(fraudProofs)
      await expect(fresh.setFraudProofs(owner))
        .to.be.revertedWithCustomError(oracle, 'AttributionOracle_FraudProofsAlreadySet')
        .withArgs(fraudProofs)
    })

    describe('given another caller than the owner', () => {
      it('reverts with the caller', async () => {
        const { oracle, operator } = await loadFixture(fixture)
        await expect(oracle.connect(operator).setFraudProofs(operator))
          .to.be.revertedWithCustomError(oracle, 'OwnableUnauthorizedAccount')
          .withArgs(operator)
      })
    })
  })

  describe('post', () => {
    it('keeps hash, deadline and poster, and announces the whole', async () => {
      const { oracle, operator, epoch } = await loadFixture(fixture)
      const at = (await time.latest()) + 10
      await time.setNextBlockTimestamp(at)
      const sent = await oracle.connect(operator).post(epoch.post)
      await expect(sent)
        .to.emit(oracle, 'RootPosted')
        .withArgs(1, operator, Object.values(epoch.post), at + WINDOW)
      expect(await oracle.pending()).to.deep.equal([
        await oracle.hashPost(epoch.post),
        BigInt(at + WINDOW),
        operator.address,
      ])
    })

    it('accepts a ledger that leaves out the latest contributors', async () => {
      const system = await loadFixture(fixture)
      const { post } = epochOf(system, 1, EARNED.slice(0, 3))
      await system.oracle.connect(system.operator).post(post)
    })

    describe('given a poster that is not an active operator', () => {
      it('reverts with the caller: a stranger, one leaving, one slashed, one no longer named', async () => {
        const { oracle, operators, challenger, operator, rival, epoch } = await loadFixture(fixture)
        await operators.connect(operator).requestExit()
        await operators.setOperator(rival, false)
        for (const account of [challenger, operator, rival]) {
          await expect(oracle.connect(account).post(epoch.post))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotOperator')
            .withArgs(account)
        }
      })

      it('reverts for a named operator without a bond', async () => {
        const { oracle, operators, challenger, epoch } = await loadFixture(fixture)
        await operators.setOperator(challenger, true)
        await expect(oracle.connect(challenger).post(epoch.post))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotOperator')
          .withArgs(challenger)
      })
    })

    describe('given a pending post', () => {
      it('reverts with its hash, even for its own poster or after the deadline', async () => {
        const { oracle, operator, rival, epoch } = await loadFixture(posted)
        const hash = await oracle.hashPost(epoch.post)
        await time.increase(2 * WINDOW)
        for (const account of [operator, rival]) {
          await expect(oracle.connect(account).post(epoch.post))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_AlreadyPending')
            .withArgs(hash)
        }
      })
    })

    describe('given another epoch than the next', () => {
      it('reverts with both', async () => {
        const { oracle, operator, epoch, next } = await loadFixture(final)
        for (const wrong of [epoch.post, { ...next.post, epoch: 3 }]) {
          await expect(oracle.connect(operator).post(wrong))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongEpoch')
            .withArgs(wrong.epoch, 2)
        }
      })
    })

    describe('given an epoch that was not opened', () => {
      it('reverts with it, even for a zero configuration', async () => {
        const given = await loadFixture(final)
        const { oracle, operator, next } = given
        await finalize(given, next.post)
        const third = { ...next.post, epoch: 3, configDigest: ZeroHash }
        await expect(oracle.connect(operator).post(third))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_EpochNotOpen')
          .withArgs(3)
      })
    })

    describe('given another configuration', () => {
      it('reverts with both', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        await expect(oracle.connect(operator).post({ ...epoch.post, configDigest: id('another') }))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongConfig')
          .withArgs(id('another'), id('configuration 1'))
      })
    })

    describe('given another version', () => {
      it('reverts with both', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        await expect(oracle.connect(operator).post({ ...epoch.post, specVersion: 2 }))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongSpecVersion')
          .withArgs(2, 1)
      })
    })

    describe('given a total above what was funded', () => {
      it('reverts with both, until it is funded', async () => {
        const { oracle, operator, escrow, epoch } = await loadFixture(fixture)
        const wrong = { ...epoch.post, total: 10_001n }
        await expect(oracle.connect(operator).post(wrong))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TotalOverFunded')
          .withArgs(10_001n, 10_000n)
        await escrow.fund(POOL, 1n)
        await oracle.connect(operator).post(wrong)
      })
    })

    describe('given a total below the final one', () => {
      it('reverts with both', async () => {
        const { oracle, operator, next } = await loadFixture(final)
        await expect(oracle.connect(operator).post({ ...next.post, total: 358n }))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TotalFell')
          .withArgs(358n, 359n)
      })
    })

    describe('given a ledger of the wrong size', () => {
      it('reverts with count and bounds', async () => {
        const { oracle, operator, next } = await loadFixture(final)
        for (const ledgerCount of [4, 6]) {
          await expect(oracle.connect(operator).post({ ...next.post, ledgerCount }))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_LedgerCount')
            .withArgs(ledgerCount, 5, 5)
        }
      })
    })

    describe('given a root without leaves, or leaves without a root', () => {
      it('reverts with root and count', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        const root = hash24('0x')
        const wrong = [
          [{ ...epoch.post, ledgerRoot: EMPTY }, EMPTY, 5],
          [{ ...epoch.post, ledgerRoot: root, ledgerCount: 0, total: 0n }, root, 0],
          [{ ...epoch.post, journalRoot: EMPTY }, EMPTY, 4],
          [{ ...epoch.post, journalRoot: root, journalCount: 0 }, root, 0],
          [{ ...epoch.post, manifestRoot: EMPTY }, EMPTY, 1],
          [{ ...epoch.post, manifestRoot: root, manifestCount: 0 }, root, 0],
        ] as const
        for (const [post, got, count] of wrong) {
          await expect(oracle.connect(operator).post(post))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_RootCountMismatch')
            .withArgs(got, count)
        }
      })
    })

    describe('given a total without a ledger', () => {
      it('reverts with the total', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        await expect(oracle.connect(operator).post({ ...epoch.post, ledgerRoot: EMPTY, ledgerCount: 0 }))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TotalWithoutLedger')
          .withArgs(359n)
      })
    })
  })

  describe('finalize', () => {
    it('releases the total, replaces the root and keeps what is final', async () => {
      const { oracle, escrow, vault, token, challenger, epoch, deadline } = await loadFixture(posted)
      await time.setNextBlockTimestamp(deadline)
      const sent = oracle.connect(challenger).finalize(epoch.post)
      await expect(sent).to.emit(oracle, 'RootFinalized').withArgs(1, epoch.post.ledgerRoot, 359n)
      await expect(sent).to.emit(escrow, 'Released').withArgs(359n, 359n)
      expect(await vault.root()).to.deep.equal([epoch.post.ledgerRoot, 1n, 0n])
      expect(await token.balanceOf(vault)).to.equal(359n)
      expect([
        await oracle.finalEpoch(),
        await oracle.finalTotal(),
        await oracle.finalLedgerCount(),
        await oracle.finalPostHash(),
      ]).to.deep.equal([1n, 359n, 5n, await oracle.hashPost(epoch.post)])
      expect(await oracle.pending()).to.deep.equal([ZeroHash, 0n, ZeroAddress])
    })

    it('releases only the increase of a second epoch, and every leaf is paid to the wei', async () => {
      const given = await loadFixture(final)
      const { oracle, operator, vault, token, next, contributors } = given
      for (const { index, account, cumulative, prefix, proof } of [0, 2].map(i =>
        ledgerProof(given.epoch.ledger, i),
      )) {
        await vault.claim(index, account, cumulative, prefix, proof)
      }
      await oracle.connect(operator).post(next.post)
      await time.increase(WINDOW)
      await oracle.finalize(next.post)
      for (const i of [0, 2, 3, 4]) {
        const { index, account, cumulative, prefix, proof } = ledgerProof(next.ledger, i)
        await vault.claim(index, account, cumulative, prefix, proof)
        expect(await token.balanceOf(contributors[i]!)).to.equal(cumulative)
      }
      expect(await token.balanceOf(vault)).to.equal(0n)
    })

    it('leaves the last final root claimable while another is pending', async () => {
      const { oracle, operator, vault, next, epoch } = await loadFixture(final)
      await oracle.connect(operator).post(next.post)
      const { index, account, cumulative, prefix, proof } = ledgerProof(epoch.ledger, 2)
      await expect(vault.claim(index, account, cumulative, prefix, proof)).to.emit(vault, 'Claimed')
    })

    describe('given the deadline has not passed', () => {
      it('reverts with time and deadline', async () => {
        const { oracle, epoch, deadline } = await loadFixture(posted)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(oracle.finalize(epoch.post))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })
    })

    describe('given failed challenges', () => {
      it('does not move the deadline', async () => {
        const { oracle, fraudProofs, epoch, deadline } = await loadFixture(posted)
        for (const index of [0, 1]) {
          await expect(
            fraudProofs.challengeAccount(epoch.post, ledgerProof(epoch.ledger, index)),
          ).to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
        }
        expect((await oracle.pending()).deadline).to.equal(deadline)
      })
    })

    describe('given another post than the pending one', () => {
      it('reverts with both hashes', async () => {
        const { oracle, epoch } = await loadFixture(posted)
        await time.increase(WINDOW)
        const other = { ...epoch.post, dataDigest: id('other data') }
        await expect(oracle.finalize(other))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await oracle.hashPost(other), await oracle.hashPost(epoch.post))
      })
    })

    describe('given it is final already', () => {
      it('reverts with no pending hash', async () => {
        const { oracle, epoch } = await loadFixture(final)
        await expect(oracle.finalize(epoch.post))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await oracle.hashPost(epoch.post), ZeroHash)
      })
    })
  })

  describe('reject', () => {
    it('drops the post and slashes the poster, who may have left the set', async () => {
      const given = await loadFixture(fixture)
      const { oracle, operators, operator, challenger, fraudProofs, epoch } = given
      const wrong = { ...epoch.post, total: 360n }
      await oracle.connect(operator).post(wrong)
      await operators.setOperator(operator, false)
      await operators.connect(operator).requestExit()
      await expect(fraudProofs.connect(challenger).challengeTotal(wrong, ledgerProof(epoch.ledger, 4)))
        .to.emit(operators, 'Slashed')
        .withArgs(operator, challenger, BOND, BOND / 2n)
      expect(await oracle.pending()).to.deep.equal([ZeroHash, 0n, ZeroAddress])
      expect(await oracle.finalEpoch()).to.equal(0n)
    })

    it('leaves the epoch open to an honest post', async () => {
      const given = await loadFixture(fixture)
      const { oracle, operator, rival, fraudProofs, epoch } = given
      const wrong = { ...epoch.post, total: 360n }
      await oracle.connect(operator).post(wrong)
      await fraudProofs.challengeTotal(wrong, ledgerProof(epoch.ledger, 4))
      await oracle.connect(rival).post(epoch.post)
      await time.increase(WINDOW)
      await oracle.finalize(epoch.post)
      expect(await oracle.finalTotal()).to.equal(359n)
    })

    it('still reaches a lie after its deadline, while it is not final', async () => {
      const given = await loadFixture(fixture)
      const { oracle, operator, fraudProofs, epoch } = given
      const wrong = { ...epoch.post, total: 360n }
      await oracle.connect(operator).post(wrong)
      await time.increase(2 * WINDOW)
      await expect(fraudProofs.challengeTotal(wrong, ledgerProof(epoch.ledger, 4))).to.emit(
        oracle,
        'RootRejected',
      )
    })

    describe('given another caller than the fraud proofs', () => {
      it('reverts with the caller, be it the owner', async () => {
        const { oracle, owner, epoch } = await loadFixture(posted)
        await expect(oracle.reject(epoch.post, owner, 0))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotFraudProofs')
          .withArgs(owner)
      })
    })
  })
})
