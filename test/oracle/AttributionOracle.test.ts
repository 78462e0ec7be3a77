import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { AbiCoder, TypedDataEncoder, ZeroAddress, ZeroHash, dataSlice, id, keccak256 } from 'ethers'
import hre, { ethers } from 'hardhat'

import { EMPTY, hash24 } from '../libraries/positionalTree'
import { ledgerProof } from './epochTrees'
import {
  ATTESTATION,
  BOND,
  EXIT_DELAY,
  OPERATOR,
  POOL,
  type Post,
  RIVAL,
  WINDOW,
  attest,
  epochOf,
  finalize,
  oracleSystem,
} from './oracleSystem'

const EARNED = [[100n], [0n], [250n], [8n], [1n]]
const DAY = 86_400
const NO_POST = dataSlice(ZeroHash, 0, 24)

async function fixture() {
  const system = await oracleSystem()
  return { ...system, epoch: epochOf(system, 1, EARNED) }
}

async function posted() {
  const given = await fixture()
  await given.oracle.connect(given.operator).post(given.epoch.post, OPERATOR, '0x')
  const { deadline } = await given.oracle.pending()
  return { ...given, deadline }
}

async function final() {
  const given = await fixture()
  await finalize(given, given.epoch.post)
  const before = given.epoch.ledger.entries.map(e => e.cumulative)
  return { ...given, next: epochOf(given, 2, EARNED, before) }
}

/** A second epoch is pending, so that the third can follow by `advance`. */
async function steady() {
  const given = await final()
  await given.oracle.openEpoch(3, id('configuration 3'))
  await given.oracle.connect(given.operator).post(given.next.post, OPERATOR, '0x')
  const before = given.next.ledger.entries.map(e => e.cumulative)
  return { ...given, third: epochOf(given, 3, EARNED, before) }
}

/** Ten bonded operators of whom four are a quorum from epoch 2 on. */
async function quorum() {
  const given = await final()
  const seats = (await ethers.getSigners()).slice(6, 16)
  for (const seat of seats) {
    await given.token.transfer(seat, BOND)
    await given.token.connect(seat).approve(given.operators, BOND)
    await given.operators.connect(seat).bond(BOND)
  }
  await given.operators.setOperators(seats, 3, 3)
  await given.oracle.openEpoch(3, id('configuration 3'))
  await finalize(given, given.next.post)
  const before = given.next.ledger.entries.map(e => e.cumulative)
  return { ...given, seats, third: epochOf(given, 3, EARNED, before) }
}

async function pendingHash(hashPost: Promise<string>, signers: number) {
  const preimage = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint32'], [await hashPost, signers])
  return dataSlice(keccak256(preimage), 0, 24)
}

function claimOf({ ledger }: ReturnType<typeof epochOf>, position: number) {
  const { index, account, cumulative, prefix, proof } = ledgerProof(ledger, position)
  return [index, account, cumulative, prefix, proof] as const
}

describe('AttributionOracle', () => {
  describe('constructor', () => {
    describe('given a window outside its bounds', () => {
      it('reverts with window and bounds', async () => {
        const { oracle, parts } = await loadFixture(fixture)
        for (const window of [0, DAY - 1, EXIT_DELAY - DAY + 1]) {
          await expect(ethers.deployContract('AttributionOracle', [...parts, window, ZeroAddress]))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WindowOutside')
            .withArgs(window, DAY, EXIT_DELAY - DAY)
        }
      })

      it('allows thirty days at most, however long the exit delay', async () => {
        const { oracle, parts, token, access, owner } = await loadFixture(fixture)
        const [, ...rest] = parts
        const slow = await ethers.deployContract('OperatorSet', [token, access, owner, BOND, 90 * DAY])
        await ethers.deployContract('AttributionOracle', [slow, ...rest, 30 * DAY, ZeroAddress])
        await expect(ethers.deployContract('AttributionOracle', [slow, ...rest, 30 * DAY + 1, ZeroAddress]))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WindowOutside')
          .withArgs(30 * DAY + 1, DAY, 30 * DAY)
      })

      it('reverts for every window if the exit delay is below a day', async () => {
        const { oracle, parts, token, access, owner } = await loadFixture(fixture)
        const [, ...rest] = parts
        const fast = await ethers.deployContract('OperatorSet', [token, access, owner, BOND, DAY - 1])
        await expect(ethers.deployContract('AttributionOracle', [fast, ...rest, DAY, ZeroAddress]))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WindowOutside')
          .withArgs(DAY, DAY, 0)
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
  })

  describe('restricted functions', () => {
    it('revert with the caller for everybody who was not given them', async () => {
      const { oracle, operator, guardian, epoch } = await loadFixture(posted)
      const asOperator = oracle.connect(operator)
      const asGuardian = oracle.connect(guardian)
      const calls = [
        [operator, () => asOperator.openEpoch(3, id('x'))],
        [operator, () => asOperator.cancelPending()],
        [operator, () => asOperator.pauseClaims()],
        [operator, () => asOperator.setChallengeWindow(WINDOW)],
        [operator, () => asOperator.setProver(operator, true)],
        [operator, () => asOperator.handOver(operator)],
        [guardian, () => asGuardian.openEpoch(3, id('x'))],
        [guardian, () => asGuardian.setChallengeWindow(WINDOW)],
        [guardian, () => asGuardian.setProver(guardian, true)],
        [guardian, () => asGuardian.handOver(guardian)],
      ] as const
      for (const [caller, call] of calls) {
        await expect(call())
          .to.be.revertedWithCustomError(oracle, 'AccessManagedUnauthorized')
          .withArgs(caller)
      }
      for (const call of [
        () => asGuardian.reject(epoch.post, OPERATOR, guardian, 0),
        () => asGuardian.openDemand(epoch.post, OPERATOR),
        () => asGuardian.closeDemands(1),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotProver')
          .withArgs(guardian)
      }
    })
  })

  describe('hashPost and attestationDigest', () => {
    it('are the EIP-712 hashes, bound to chain, oracle, operators and attempt', async () => {
      const { oracle, operators, epoch } = await loadFixture(fixture)
      const { Post: fields } = ATTESTATION
      expect(await oracle.hashPost(epoch.post)).to.equal(
        TypedDataEncoder.hashStruct('Post', { Post: fields }, epoch.post),
      )
      const domain = {
        name: 'OpenDatanets AttributionOracle',
        version: '1',
        chainId: 31337,
        verifyingContract: await oracle.getAddress(),
      }
      const value = { post: epoch.post, operatorSet: await operators.setDigest(1), attempt: 0 }
      expect(await oracle.attestationDigest(epoch.post)).to.equal(
        TypedDataEncoder.hash(domain, ATTESTATION, value),
      )
    })
  })

  describe('post', () => {
    it('keeps hash and deadline, and announces the whole', async () => {
      const { oracle, operator, epoch } = await loadFixture(fixture)
      const at = (await time.latest()) + 10
      await time.setNextBlockTimestamp(at)
      const sent = await oracle.connect(operator).post(epoch.post, OPERATOR, '0x')
      await expect(sent)
        .to.emit(oracle, 'RootPosted')
        .withArgs(1, operator, Object.values(epoch.post), OPERATOR, at + WINDOW)
      expect(await oracle.pending()).to.deep.equal([
        await pendingHash(oracle.hashPost(epoch.post), OPERATOR),
        BigInt(at + WINDOW),
      ])
    })

    it('accepts a ledger that leaves out the latest contributors', async () => {
      const system = await loadFixture(fixture)
      const { post } = epochOf(system, 1, EARNED.slice(0, 3))
      await system.oracle.connect(system.operator).post(post, OPERATOR, '0x')
    })

    describe('given signatures', () => {
      it('takes them from anybody who carries them', async () => {
        const { oracle, operator, rival, challenger, epoch } = await loadFixture(fixture)
        const byRival = await attest(oracle, epoch.post, [rival])
        const at = (await time.latest()) + 10
        await time.setNextBlockTimestamp(at)
        await expect(oracle.connect(operator).post(epoch.post, RIVAL, byRival))
          .to.emit(oracle, 'RootPosted')
          .withArgs(1, operator, Object.values(epoch.post), RIVAL, at + WINDOW)
        expect(challenger.address).not.to.equal(operator.address)
      })

      it('takes four of ten, one of them the sender', async () => {
        const { oracle, seats, third } = await loadFixture(quorum)
        const signatures = await attest(oracle, third.post, [seats[2]!, seats[5]!, seats[9]!])
        await oracle.connect(seats[0]!).post(third.post, 0b1000100101, signatures)
        await time.increase(WINDOW)
        await oracle.finalize(third.post, 0b1000100101)
        expect(await oracle.finalEpoch()).to.equal(3n)
      })
    })

    describe('given signatures of another post, oracle, set or epoch', () => {
      it('reverts: nothing can be replayed', async () => {
        const given = await loadFixture(quorum)
        const { oracle, operators, seats, third, parts, challenger, next } = given
        const signers = seats.slice(0, 4)
        const [own, ...rest] = await Promise.all([
          attest(oracle, third.post, signers),
          attest(oracle, { ...third.post, dataDigest: id('another') }, signers),
          attest(oracle, next.post, signers),
          ethers
            .deployContract('AttributionOracle', [...parts, WINDOW, ZeroAddress])
            .then(other => attest(other, third.post, signers)),
        ])
        for (const foreign of rest) {
          await expect(
            oracle.connect(challenger).post(third.post, 15, foreign),
          ).to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
        }
        // The same accounts in the same seats are another set.
        await oracle.connect(challenger).post.staticCall(third.post, 15, own)
        await operators.setOperators(seats, 3, 4)
        await oracle.openEpoch(4, id('configuration 4'))
        await oracle.connect(challenger).post(third.post, 15, own)
        await time.increase(WINDOW)
        await oracle.finalize(third.post, 15)
        const fourth = epochOf(
          given,
          4,
          EARNED,
          third.ledger.entries.map(e => e.cumulative),
        ).post
        await oracle.connect(challenger).post.staticCall(fourth, 15, await attest(oracle, fourth, signers))
        const stale = { ...fourth, epoch: 3 }
        await expect(
          oracle.connect(challenger).post(fourth, 15, await attest(oracle, stale, signers)),
        ).to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
      })
    })

    describe('given a poster that is no quorum', () => {
      it('reverts with signer or lengths: a stranger, one that leaves, one that was slashed', async () => {
        const given = await loadFixture(fixture)
        const { oracle, operators, challenger, operator, rival, prover, epoch } = given
        await expect(oracle.connect(challenger).post(epoch.post, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_SignatureLength')
          .withArgs(0, 64)
        await operators.connect(operator).requestExit()
        await oracle.connect(rival).post(epoch.post, RIVAL, '0x')
        await oracle.connect(prover).reject(epoch.post, RIVAL, challenger, 0)
        await expect(oracle.connect(operator).post(epoch.post, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
          .withArgs(operator, 0)
        // A slashed operator has no seat: it would need its own signature, which counts no more.
        await expect(oracle.connect(rival).post(epoch.post, RIVAL, await attest(oracle, epoch.post, [rival])))
          .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
          .withArgs(rival, 1)
      })
    })

    describe('given a pending post', () => {
      it('reverts with its hash, even for its own poster or after the deadline', async () => {
        const { oracle, operator, rival, epoch } = await loadFixture(posted)
        const { pendingHash: hash } = await oracle.pending()
        await time.increase(2 * WINDOW)
        for (const [account, signers] of [
          [operator, OPERATOR],
          [rival, RIVAL],
        ] as const) {
          await expect(oracle.connect(account).post(epoch.post, signers, '0x'))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_AlreadyPending')
            .withArgs(hash)
        }
      })
    })

    describe('given a post that cannot be right', () => {
      const wrong: [string, (post: Post) => Post, string, unknown[]][] = [
        ['a past epoch', p => ({ ...p, epoch: 1 }), 'WrongEpoch', [1, 2]],
        ['a later epoch', p => ({ ...p, epoch: 3 }), 'WrongEpoch', [3, 2]],
        [
          'another configuration',
          p => ({ ...p, configDigest: id('another') }),
          'WrongConfig',
          [id('another'), id('configuration 2')],
        ],
        ['another version', p => ({ ...p, specVersion: 2 }), 'WrongSpecVersion', [2, 1]],
        ['a fallen total', p => ({ ...p, total: 358n }), 'TotalFell', [358n, 359n]],
        ['a total over the funds', p => ({ ...p, total: 10_001n }), 'TotalOverFunded', [10_001n, 10_000n]],
        ['a smaller ledger', p => ({ ...p, ledgerCount: 4 }), 'LedgerCount', [4, 5]],
        ['no ledger root', p => ({ ...p, ledgerRoot: EMPTY }), 'RootCountMismatch', [EMPTY, 5]],
        ['no journal root', p => ({ ...p, journalRoot: EMPTY }), 'RootCountMismatch', [EMPTY, 4]],
        [
          'no journal leaves',
          p => ({ ...p, journalRoot: hash24('0x'), journalCount: 0 }),
          'RootCountMismatch',
          [hash24('0x'), 0],
        ],
        ['no manifest root', p => ({ ...p, manifestRoot: EMPTY }), 'RootCountMismatch', [EMPTY, 1]],
        [
          'no manifest leaves',
          p => ({ ...p, manifestRoot: hash24('0x'), manifestCount: 0 }),
          'RootCountMismatch',
          [hash24('0x'), 0],
        ],
      ]
      for (const [what, lie, error, args] of wrong) {
        it(`reverts for ${what} with got and expected`, async () => {
          const { oracle, operator, next } = await loadFixture(final)
          await expect(oracle.connect(operator).post(lie(next.post), OPERATOR, '0x'))
            .to.be.revertedWithCustomError(oracle, `AttributionOracle_${error}`)
            .withArgs(...args)
        })
      }

      it('reverts for an epoch that was not opened, even with a zero configuration', async () => {
        const given = await loadFixture(final)
        await finalize(given, given.next.post)
        const third = { ...given.next.post, epoch: 3, configDigest: ZeroHash }
        await expect(given.oracle.connect(given.operator).post(third, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(given.oracle, 'AttributionOracle_EpochNotOpen')
          .withArgs(3)
      })

      it('reverts for a total without a ledger', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        const empty = { ...epoch.post, ledgerRoot: EMPTY, ledgerCount: 0 }
        await expect(oracle.connect(operator).post(empty, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TotalWithoutLedger')
          .withArgs(359n)
        const root = { ...epoch.post, ledgerRoot: hash24('0x'), ledgerCount: 0, total: 0n }
        await expect(oracle.connect(operator).post(root, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_RootCountMismatch')
          .withArgs(hash24('0x'), 0)
      })

      it('takes a total as soon as it is funded', async () => {
        const { oracle, operator, escrow, epoch } = await loadFixture(fixture)
        await escrow.fund(POOL, 1n)
        await oracle.connect(operator).post({ ...epoch.post, total: 10_001n }, OPERATOR, '0x')
      })
    })

    describe('given a field outside its range', () => {
      it('reverts for every narrow field: the hash would hide it from the proofs', async () => {
        const { oracle, operator, epoch } = await loadFixture(fixture)
        const data = oracle.interface.encodeFunctionData('post', [epoch.post, OPERATOR, '0x'])
        // The narrow fields by word: numbers have room above them, roots below.
        for (const [word, byte] of [
          ...[0, 1, 3, 9, 10, 11, 12].map(at => [at, 0] as const),
          ...[6, 7, 8].map(at => [at, 31] as const),
        ]) {
          const at = 10 + 2 * (32 * word + byte)
          const dirty = `${data.slice(0, at)}01${data.slice(at + 2)}`
          await expect(operator.sendTransaction({ to: oracle, data: dirty, gasLimit: 1_000_000 })).to.be
            .reverted
        }
        await operator.sendTransaction({ to: oracle, data })
      })
    })
  })

  describe('finalize', () => {
    it('releases the total, replaces the root and keeps what is final', async () => {
      const { oracle, escrow, vault, token, challenger, epoch, deadline } = await loadFixture(posted)
      await time.setNextBlockTimestamp(deadline)
      const sent = oracle.connect(challenger).finalize(epoch.post, OPERATOR)
      await expect(sent).to.emit(oracle, 'RootFinalized').withArgs(1, epoch.post.ledgerRoot, 359n)
      await expect(sent).to.emit(escrow, 'Released').withArgs(359n, 359n)
      expect(await vault.root()).to.deep.equal([epoch.post.ledgerRoot, 1n, 0n])
      expect(await token.balanceOf(vault)).to.equal(359n)
      const hash = dataSlice(await oracle.hashPost(epoch.post), 0, 24)
      expect(await oracle.finalPost()).to.deep.equal([hash, 1n, 5n])
      expect([
        await oracle.finalEpoch(),
        await oracle.finalTotal(),
        await oracle.finalLedgerCount(),
        await oracle.finalPostHash(),
      ]).to.deep.equal([1n, 359n, 5n, hash])
      expect(await oracle.pending()).to.deep.equal([NO_POST, 0n])
      expect(await oracle.challengeWindow()).to.equal(WINDOW)
      expect(await oracle.attempt()).to.equal(0n)
    })

    it('releases only the increase of a second epoch, and every leaf is paid to the wei', async () => {
      const given = await loadFixture(final)
      const { vault, token, next, contributors } = given
      for (const i of [0, 2]) await vault.claim(...claimOf(given.epoch, i))
      await finalize(given, next.post)
      for (const i of [0, 2, 3, 4]) {
        await vault.claim(...claimOf(next, i))
        expect(await token.balanceOf(contributors[i]!)).to.equal(next.ledger.entries[i]!.cumulative)
      }
      expect(await token.balanceOf(vault)).to.equal(0n)
    })

    it('leaves the last final root claimable while another is pending', async () => {
      const { oracle, operator, vault, next, epoch } = await loadFixture(final)
      await oracle.connect(operator).post(next.post, OPERATOR, '0x')
      await expect(vault.claim(...claimOf(epoch, 2))).to.emit(vault, 'Claimed')
    })

    it('happens even if all operators have left', async () => {
      const { oracle, operators, operator, rival, epoch } = await loadFixture(posted)
      for (const account of [operator, rival]) await operators.connect(account).requestExit()
      await time.increase(WINDOW)
      await expect(oracle.finalize(epoch.post, OPERATOR)).to.emit(oracle, 'RootFinalized')
    })

    describe('given the deadline has not passed', () => {
      it('reverts with time and deadline', async () => {
        const { oracle, epoch, deadline } = await loadFixture(posted)
        await time.setNextBlockTimestamp(deadline - 1n)
        await expect(oracle.finalize(epoch.post, OPERATOR))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TooEarly')
          .withArgs(deadline - 1n, deadline)
      })
    })

    describe('given another post or other signers than the pending ones', () => {
      it('reverts with both hashes', async () => {
        const { oracle, epoch } = await loadFixture(posted)
        await time.increase(WINDOW)
        const expected = await pendingHash(oracle.hashPost(epoch.post), OPERATOR)
        const other = { ...epoch.post, dataDigest: id('other data') }
        for (const [post, signers] of [
          [other, OPERATOR],
          [epoch.post, RIVAL],
        ] as const) {
          await expect(oracle.finalize(post, signers))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
            .withArgs(await pendingHash(oracle.hashPost(post), signers), expected)
        }
      })
    })

    describe('given it is final already', () => {
      it('reverts with no pending hash', async () => {
        const { oracle, epoch } = await loadFixture(final)
        await expect(oracle.finalize(epoch.post, OPERATOR))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await pendingHash(oracle.hashPost(epoch.post), OPERATOR), NO_POST)
      })
    })
  })

  describe('advance', () => {
    it('leaves the same state as finalize, then post', async () => {
      const stateOf = async ({ oracle, vault, escrow }: Awaited<ReturnType<typeof steady>>) => [
        await oracle.pending(),
        await oracle.finalPost(),
        await oracle.challengeWindow(),
        await vault.root(),
        await escrow.totals(),
      ]
      const both = await loadFixture(steady)
      const { deadline } = await both.oracle.pending()
      await time.setNextBlockTimestamp(deadline + 1n)
      const advance = [both.next.post, OPERATOR, both.third.post, OPERATOR, '0x'] as const
      const sent = both.oracle.connect(both.operator).advance(...advance)
      await expect(sent).to.emit(both.oracle, 'RootFinalized').withArgs(2, both.next.post.ledgerRoot, 718n)
      await expect(sent).to.emit(both.oracle, 'RootPosted')
      const after = await stateOf(both)

      const apart = await loadFixture(steady)
      await time.setNextBlockTimestamp(deadline)
      await apart.oracle.finalize(apart.next.post, OPERATOR)
      await time.setNextBlockTimestamp(deadline + 1n)
      await apart.oracle.connect(apart.operator).post(apart.third.post, OPERATOR, '0x')
      expect(await stateOf(apart)).to.deep.equal(after)
    })

    describe('given one of the two cannot be done', () => {
      it('reverts as it would, and does nothing', async () => {
        const { oracle, operator, next, third } = await loadFixture(steady)
        const asOperator = oracle.connect(operator)
        await expect(
          asOperator.advance(next.post, OPERATOR, third.post, OPERATOR, '0x'),
        ).to.be.revertedWithCustomError(oracle, 'AttributionOracle_TooEarly')
        await time.increase(WINDOW)
        await expect(asOperator.advance(next.post, OPERATOR, next.post, OPERATOR, '0x'))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongEpoch')
          .withArgs(2, 3)
        expect(await oracle.finalEpoch()).to.equal(1n)
      })
    })

    it('costs at most 104k gas with one poster and 132k with four of ten', async function () {
      if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
      const one = await loadFixture(steady)
      await time.increase(WINDOW)
      const alone = await one.oracle
        .connect(one.operator)
        .advance(one.next.post, OPERATOR, one.third.post, OPERATOR, '0x')
      expect((await alone.wait())!.gasUsed).to.be.at.most(104_000n)

      const ten = await loadFixture(quorum)
      const { oracle, seats, third } = ten
      await oracle.openEpoch(4, id('configuration 4'))
      const before = third.ledger.entries.map(e => e.cumulative)
      const { post: fourth } = epochOf(ten, 4, EARNED, before)
      const others = [seats[2]!, seats[4]!, seats[6]!]
      const asFirst = oracle.connect(seats[0]!)
      await asFirst.post(third.post, 0b1010101, await attest(oracle, third.post, others))
      await time.increase(WINDOW)
      const signatures = await attest(oracle, fourth, others)
      const together = await asFirst.advance(third.post, 0b1010101, fourth, 0b1010101, signatures)
      expect((await together.wait())!.gasUsed).to.be.at.most(132_000n)
    })
  })

  describe('reject', () => {
    it('drops the post and marks its signers, who may have left the set', async () => {
      const given = await loadFixture(posted)
      const { oracle, operators, operator, rival, challenger, prover, epoch } = given
      await operators.setOperators([rival], 0, 2)
      await operators.connect(operator).requestExit()
      const sent = oracle.connect(prover).reject(epoch.post, OPERATOR, challenger, 3)
      await expect(sent).to.emit(oracle, 'RootRejected').withArgs(1, challenger, OPERATOR, 3)
      await expect(sent).to.emit(operators, 'Slashed').withArgs(1, OPERATOR, challenger)
      expect(await oracle.pending()).to.deep.equal([NO_POST, 0n])
      expect(await oracle.finalEpoch()).to.equal(0n)
      expect(await oracle.attempt()).to.equal(1n)
      await expect(operators.settleSlash(operator))
        .to.emit(operators, 'SlashSettled')
        .withArgs(operator, challenger, BOND - BOND / 2n, BOND / 2n)
    })

    it('leaves the epoch open to an honest post, with a whole window', async () => {
      const { oracle, rival, challenger, prover, epoch } = await loadFixture(posted)
      await time.increase(WINDOW - 10)
      await oracle.connect(prover).reject(epoch.post, OPERATOR, challenger, 0)
      await oracle.connect(rival).post(epoch.post, RIVAL, '0x')
      await expect(oracle.finalize(epoch.post, RIVAL)).to.be.revertedWithCustomError(
        oracle,
        'AttributionOracle_TooEarly',
      )
      await time.increase(WINDOW)
      await oracle.finalize(epoch.post, RIVAL)
      expect(await oracle.finalTotal()).to.equal(359n)
    })

    it('still reaches a lie after its deadline, while it is not final', async () => {
      const { oracle, challenger, prover, epoch } = await loadFixture(posted)
      await time.increase(2 * WINDOW)
      await expect(oracle.connect(prover).reject(epoch.post, OPERATOR, challenger, 0)).to.emit(
        oracle,
        'RootRejected',
      )
    })

    it('slashes every signer of a quorum, and a challenge stays cheap', async function () {
      const { oracle, operators, seats, third, prover, challenger } = await loadFixture(quorum)
      const signatures = await attest(oracle, third.post, seats.slice(1, 4))
      await oracle.connect(seats[0]!).post(third.post, 15, signatures)
      const sent = await oracle.connect(prover).reject(third.post, 15, challenger, 0)
      const active = await Promise.all(seats.map(seat => operators.isActive(seat)))
      expect(active).to.deep.equal(seats.map((_, i) => i > 3))
      // The rest of a set of ten is still a quorum, and the signatures of the slashed are worth nothing.
      await expect(
        oracle.connect(challenger).post(third.post, 15, await attest(oracle, third.post, seats.slice(0, 4))),
      )
        .to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
        .withArgs(seats[0]!, 0)
      const rest = await attest(oracle, third.post, seats.slice(5, 8))
      await oracle.connect(seats[4]!).post(third.post, 0b11110000, rest)
      if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
      expect((await sent.wait())!.gasUsed).to.be.at.most(80_000n)
    })

    describe('given another post than the pending one, or none', () => {
      it('reverts with both hashes', async () => {
        const { oracle, challenger, prover, epoch } = await loadFixture(fixture)
        await expect(oracle.connect(prover).reject(epoch.post, OPERATOR, challenger, 0))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await pendingHash(oracle.hashPost(epoch.post), OPERATOR), NO_POST)
      })
    })
  })

  describe('openDemand and closeDemands', () => {
    it('hold a post back until the last demand is closed, and never move its deadline', async () => {
      const { oracle, prover, epoch, deadline } = await loadFixture(posted)
      const asProver = oracle.connect(prover)
      expect(await asProver.openDemand.staticCall(epoch.post, OPERATOR)).to.equal(deadline)
      for (let i = 0; i < 2; i++) await asProver.openDemand(epoch.post, OPERATOR)
      await time.increase(WINDOW)
      for (const open of [2n, 1n]) {
        expect(await oracle.openDemands()).to.equal(open)
        await expect(oracle.finalize(epoch.post, OPERATOR))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_DemandsOpen')
          .withArgs(open)
        await asProver.closeDemands(1)
      }
      expect((await oracle.pending()).deadline).to.equal(deadline)
      await oracle.finalize(epoch.post, OPERATOR)
    })

    it('end with the post: the next one is not held back', async () => {
      const { oracle, prover, rival, guardian, challenger, epoch } = await loadFixture(posted)
      const asProver = oracle.connect(prover)
      await asProver.openDemand(epoch.post, OPERATOR)
      await oracle.connect(guardian).cancelPending()
      await oracle.connect(rival).post(epoch.post, RIVAL, '0x')
      await asProver.openDemand(epoch.post, RIVAL)
      await asProver.reject(epoch.post, RIVAL, challenger, 0)
      expect(await oracle.openDemands()).to.equal(0n)
      await expect(asProver.closeDemands(1))
        .to.be.revertedWithCustomError(oracle, 'AttributionOracle_TooManyClosed')
        .withArgs(1, 0)
    })

    describe('given another post than the pending one', () => {
      it('reverts with both hashes', async () => {
        const { oracle, prover, epoch } = await loadFixture(posted)
        await expect(oracle.connect(prover).openDemand(epoch.post, RIVAL))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(
            await pendingHash(oracle.hashPost(epoch.post), RIVAL),
            await pendingHash(oracle.hashPost(epoch.post), OPERATOR),
          )
      })
    })
  })

  describe('cancelPending', () => {
    it('drops the post without a slash; the same roots can be posted again', async () => {
      const { oracle, operators, operator, guardian, epoch } = await loadFixture(posted)
      await expect(oracle.connect(guardian).cancelPending()).to.emit(oracle, 'RootCancelled').withArgs(1)
      expect(await oracle.pending()).to.deep.equal([NO_POST, 0n])
      expect(await operators.isActive(operator)).to.equal(true)
      await oracle.connect(operator).post(epoch.post, OPERATOR, '0x')
    })

    it('ends what was signed: the same post needs new signatures', async () => {
      const { oracle, operators, operator, guardian, challenger, epoch } = await loadFixture(fixture)
      const asChallenger = oracle.connect(challenger)
      const signatures = await attest(oracle, epoch.post, [operator])
      const digest = await oracle.attestationDigest(epoch.post)
      await asChallenger.post(epoch.post, OPERATOR, signatures)
      expect([await oracle.attempt(), await oracle.attestationDigest(epoch.post)]).to.deep.equal([0n, digest])
      await oracle.connect(guardian).cancelPending()
      expect(await oracle.attempt()).to.equal(1n)
      await expect(asChallenger.post(epoch.post, OPERATOR, signatures)).to.be.revertedWithCustomError(
        operators,
        'OperatorSet_NotActive',
      )
      await asChallenger.post(epoch.post, OPERATOR, await attest(oracle, epoch.post, [operator]))
    })

    it('keeps a seat from having the others slashed for a post that they took back', async () => {
      const { oracle, operators, seats, third, guardian } = await loadFixture(quorum)
      const signatures = await attest(oracle, third.post, [seats[2]!, seats[5]!, seats[9]!])
      await oracle.connect(seats[0]!).post(third.post, 0b1000100101, signatures)
      await oracle.connect(guardian).cancelPending()
      await expect(
        oracle.connect(seats[1]!).post(third.post, 0b1000100110, signatures),
      ).to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
    })

    describe('given the guardian has just cancelled', () => {
      it('reverts with time and bound: a post that follows at once gets through', async () => {
        const { oracle, operator, guardian, epoch } = await loadFixture(posted)
        await oracle.connect(guardian).cancelPending()
        const cancelledAt = await time.latest()
        await oracle.connect(operator).post(epoch.post, OPERATOR, '0x')
        const { cancellableAt } = await oracle.guardianLimits()
        expect(cancellableAt).to.equal(cancelledAt + WINDOW + 7 * DAY)
        await time.setNextBlockTimestamp(cancellableAt - 1n)
        await expect(oracle.connect(guardian).cancelPending())
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_CoolDown')
          .withArgs(cancellableAt - 1n, cancellableAt)
        await oracle.connect(guardian).cancelPending()
      })
    })

    describe('given nothing is pending', () => {
      it('reverts', async () => {
        const { oracle, guardian } = await loadFixture(fixture)
        await expect(oracle.connect(guardian).cancelPending())
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(NO_POST, NO_POST)
      })
    })
  })

  describe('pauseClaims and resumeClaims', () => {
    it('hold claims back, and restore exactly the last final root', async () => {
      const { oracle, vault, guardian, epoch, token } = await loadFixture(final)
      const before = await vault.root()
      const at = (await time.latest()) + 10
      await time.setNextBlockTimestamp(at)
      await expect(oracle.connect(guardian).pauseClaims())
        .to.emit(oracle, 'ClaimsPaused')
        .withArgs(at + 3 * DAY)
      expect(await oracle.guardianLimits()).to.deep.equal([BigInt(at + 3 * DAY), BigInt(at + 10 * DAY), 0n])
      await expect(vault.claim(...claimOf(epoch, 0))).to.be.revertedWithCustomError(
        vault,
        'RewardVault_Paused',
      )
      await expect(oracle.connect(guardian).resumeClaims(epoch.post)).to.emit(oracle, 'ClaimsResumed')
      expect(await vault.root()).to.deep.equal(before)
      expect((await oracle.guardianLimits()).pausedUntil).to.equal(0n)
      await vault.claim(...claimOf(epoch, 0))
      expect(await token.balanceOf(epoch.ledger.entries[0]!.account)).to.equal(100n)
    })

    it('are ended by anyone after three days', async () => {
      const { oracle, vault, guardian, challenger, epoch } = await loadFixture(final)
      await oracle.connect(guardian).pauseClaims()
      const { pausedUntil } = await oracle.guardianLimits()
      await time.setNextBlockTimestamp(pausedUntil - 1n)
      await expect(oracle.connect(challenger).resumeClaims(epoch.post))
        .to.be.revertedWithCustomError(oracle, 'AccessManagedUnauthorized')
        .withArgs(challenger)
      await oracle.connect(challenger).resumeClaims(epoch.post)
      expect((await vault.root()).ledgerRoot).to.equal(epoch.post.ledgerRoot)
    })

    it('do not stop posts and finalizations, which do not end them', async () => {
      const given = await loadFixture(final)
      const { oracle, vault, escrow, guardian, epoch, next } = given
      await oracle.connect(guardian).pauseClaims()
      await finalize(given, next.post)
      expect(await vault.root()).to.deep.equal([EMPTY, 1n, 0n])
      expect(await escrow.totalReleased()).to.equal(718n)
      await expect(oracle.connect(guardian).resumeClaims(epoch.post))
        .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotFinal')
        .withArgs(
          dataSlice(await oracle.hashPost(epoch.post), 0, 24),
          dataSlice(await oracle.hashPost(next.post), 0, 24),
        )
      await oracle.connect(guardian).resumeClaims(next.post)
      expect(await vault.root()).to.deep.equal([next.post.ledgerRoot, 2n, 0n])
    })

    it('survive a rejection and a cancelled post', async () => {
      const { oracle, operator, rival, guardian, prover, challenger, next } = await loadFixture(final)
      await oracle.connect(guardian).pauseClaims()
      await oracle.connect(operator).post(next.post, OPERATOR, '0x')
      await oracle.connect(prover).reject(next.post, OPERATOR, challenger, 0)
      await oracle.connect(rival).post(next.post, RIVAL, '0x')
      await oracle.connect(guardian).cancelPending()
      await expect(oracle.connect(guardian).resumeClaims(next.post)).to.be.revertedWithCustomError(
        oracle,
        'AttributionOracle_NotFinal',
      )
    })

    it('work before the first final root', async () => {
      const given = await loadFixture(fixture)
      const { oracle, vault, guardian, epoch } = given
      await oracle.connect(guardian).pauseClaims()
      await oracle.connect(guardian).resumeClaims(epoch.post)
      expect(await vault.root()).to.deep.equal([EMPTY, 0n, 0n])
      await finalize(given, epoch.post)
      expect((await vault.root()).ledgerRoot).to.equal(epoch.post.ledgerRoot)
    })

    describe('given a pause in the last ten days', () => {
      it('reverts with time and bound, even after an early end', async () => {
        const { oracle, guardian, epoch } = await loadFixture(final)
        await oracle.connect(guardian).pauseClaims()
        await oracle.connect(guardian).resumeClaims(epoch.post)
        const { pausableAt } = await oracle.guardianLimits()
        await time.setNextBlockTimestamp(pausableAt - 1n)
        await expect(oracle.connect(guardian).pauseClaims())
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_CoolDown')
          .withArgs(pausableAt - 1n, pausableAt)
        await oracle.connect(guardian).pauseClaims()
      })
    })

    describe('given claims are not paused', () => {
      it('reverts', async () => {
        const { oracle, guardian, epoch } = await loadFixture(final)
        await expect(oracle.connect(guardian).resumeClaims(epoch.post)).to.be.revertedWithCustomError(
          oracle,
          'AttributionOracle_NotPaused',
        )
      })
    })
  })

  describe('setChallengeWindow', () => {
    it('counts for later posts only', async () => {
      const { oracle, deadline } = await loadFixture(posted)
      await expect(oracle.setChallengeWindow(2 * WINDOW))
        .to.emit(oracle, 'ChallengeWindowSet')
        .withArgs(2 * WINDOW)
      expect(await oracle.challengeWindow()).to.equal(2 * WINDOW)
      expect((await oracle.pending()).deadline).to.equal(deadline)
    })

    describe('given a window outside its bounds', () => {
      it('reverts with window and bounds', async () => {
        const { oracle } = await loadFixture(fixture)
        for (const window of [DAY - 1, EXIT_DELAY - DAY + 1, 2n ** 64n - 1n, 2n ** 22n + BigInt(DAY)]) {
          await expect(oracle.setChallengeWindow(window))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WindowOutside')
            .withArgs(window, DAY, EXIT_DELAY - DAY)
        }
      })
    })
  })

  describe('setProver', () => {
    it('lets a contract reject, and stops it', async () => {
      const { oracle, challenger } = await loadFixture(fixture)
      for (const enabled of [true, false]) {
        await expect(oracle.setProver(challenger, enabled))
          .to.emit(oracle, 'ProverSet')
          .withArgs(challenger, enabled)
        expect(await oracle.isProver(challenger)).to.equal(enabled)
        expect(await oracle.proverCount()).to.equal(enabled ? 2n : 1n)
      }
    })

    it('counts a prover once', async () => {
      const { oracle, prover, challenger } = await loadFixture(fixture)
      await oracle.setProver(prover, true)
      await oracle.setProver(challenger, false)
      expect(await oracle.proverCount()).to.equal(1n)
    })

    describe('given a pending post', () => {
      it('drops it: no post is judged by other provers than it was signed under', async () => {
        const { oracle, operators, operator, challenger, epoch } = await loadFixture(posted)
        const sent = oracle.setProver(challenger, true)
        await expect(sent).to.emit(oracle, 'ProverSet').withArgs(challenger, true)
        await expect(sent).to.emit(oracle, 'RootCancelled').withArgs(1)
        await expect(oracle.connect(challenger).reject(epoch.post, OPERATOR, challenger, 0))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await pendingHash(oracle.hashPost(epoch.post), OPERATOR), NO_POST)
        expect([await oracle.attempt(), await operators.isActive(operator)]).to.deep.equal([1n, true])
      })

      it('is not kept waiting by an endless row of posts', async () => {
        const { oracle, operator, challenger, next, third } = await loadFixture(steady)
        await time.increase(WINDOW)
        await oracle.connect(operator).advance(next.post, OPERATOR, third.post, OPERATOR, '0x')
        await oracle.setProver(challenger, true)
        expect(await oracle.pending()).to.deep.equal([NO_POST, 0n])
      })
    })
  })

  describe('handOver', () => {
    async function successor() {
      const given = await final()
      const args = [...given.parts, 2 * WINDOW, given.oracle] as const
      const heir = await ethers.deployContract('AttributionOracle', [...args])
      await heir.openEpoch(2, id('configuration 2'))
      await heir.setProver(given.prover, true)
      return { ...given, heir }
    }

    it('makes a successor continue the ledger, and leaves the predecessor nothing', async () => {
      const given = await loadFixture(successor)
      const { oracle, heir, operators, escrow, vault, token, operator, epoch, next } = given
      const sent = oracle.handOver(heir)
      await expect(sent).to.emit(oracle, 'HandedOver').withArgs(heir)
      const hash = dataSlice(await oracle.hashPost(epoch.post), 0, 24)
      await expect(sent).to.emit(heir, 'TakenOver').withArgs(oracle, 1, hash)
      for (const part of [operators, escrow, vault])
        expect(await part.oracle()).to.equal(await heir.getAddress())
      expect(await heir.finalPost()).to.deep.equal(await oracle.finalPost())
      expect(await heir.finalTotal()).to.equal(359n)

      await expect(heir.connect(operator).post(epoch.post, OPERATOR, '0x'))
        .to.be.revertedWithCustomError(heir, 'AttributionOracle_WrongEpoch')
        .withArgs(1, 2)
      await heir.connect(operator).post(next.post, OPERATOR, '0x')
      await time.increase(2 * WINDOW)
      await heir.finalize(next.post, OPERATOR)
      await vault.claim(...claimOf(next, 2))
      expect(await token.balanceOf(next.ledger.entries[2]!.account)).to.equal(500n)

      await oracle.connect(operator).post(next.post, OPERATOR, '0x')
      await time.increase(WINDOW)
      await expect(oracle.finalize(next.post, OPERATOR))
        .to.be.revertedWithCustomError(escrow, 'RewardEscrow_NotOracle')
        .withArgs(oracle)
    })

    it('drops what the successor had been sent before', async () => {
      const { oracle, heir, operator, epoch } = await loadFixture(successor)
      await heir.openEpoch(1, id('configuration 1'))
      await heir.connect(operator).post({ ...epoch.post, total: 359n }, OPERATOR, '0x')
      await oracle.handOver(heir)
      expect(await heir.pending()).to.deep.equal([NO_POST, 0n])
      expect(await heir.challengeWindow()).to.equal(2 * WINDOW)
    })

    describe('given a pending post', () => {
      it('drops it: the successor takes it anew, and no old signature', async () => {
        const { oracle, operators, heir, operator, challenger, next } = await loadFixture(successor)
        const signatures = await attest(oracle, next.post, [operator])
        await oracle.connect(challenger).post(next.post, OPERATOR, signatures)
        await expect(oracle.handOver(heir)).to.emit(oracle, 'RootCancelled').withArgs(2)
        expect(await oracle.pending()).to.deep.equal([NO_POST, 0n])
        for (const either of [oracle, heir]) {
          await expect(
            either.connect(challenger).post(next.post, OPERATOR, signatures),
          ).to.be.revertedWithCustomError(operators, 'OperatorSet_NotActive')
        }
        await heir.connect(operator).post(next.post, OPERATOR, '0x')
      })
    })

    describe('given a successor that could reject nothing', () => {
      it('reverts with it: no prover, or operators that do not obey it', async () => {
        const { oracle, parts, token, access, owner, prover } = await loadFixture(successor)
        const [, ...rest] = parts
        const others = await ethers.deployContract('OperatorSet', [token, access, owner, BOND, EXIT_DELAY])
        const wrong = await ethers.deployContract('AttributionOracle', [others, ...rest, WINDOW, oracle])
        const refused = () =>
          expect(oracle.handOver(wrong))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongSuccessor')
            .withArgs(wrong)
        await refused()
        await wrong.setProver(prover, true)
        await refused()
        await others.setOracle(wrong)
        await expect(oracle.handOver(wrong)).to.emit(oracle, 'HandedOver')
      })
    })

    describe('given paused claims', () => {
      it('reverts until they are resumed', async () => {
        const { oracle, heir, guardian, epoch } = await loadFixture(successor)
        await oracle.connect(guardian).pauseClaims()
        await expect(oracle.handOver(heir)).to.be.revertedWithCustomError(oracle, 'AttributionOracle_Paused')
        await oracle.connect(guardian).resumeClaims(epoch.post)
        await oracle.handOver(heir)
      })
    })

    describe('given a successor that names another predecessor', () => {
      it('reverts with both', async () => {
        const { oracle, parts, owner } = await loadFixture(successor)
        const stranger = await ethers.deployContract('AttributionOracle', [...parts, WINDOW, owner])
        await stranger.setProver(owner, true)
        await expect(oracle.handOver(stranger))
          .to.be.revertedWithCustomError(stranger, 'AttributionOracle_NotPredecessor')
          .withArgs(oracle, owner)
      })
    })

    describe('given a successor with another vault or another escrow', () => {
      it('reverts with the successor', async () => {
        const { oracle, parts, token, vault, owner } = await loadFixture(successor)
        const [operators, escrow, , registry, access] = parts
        const otherVault = await ethers.deployContract('RewardVault', [token, owner, 1])
        const otherEscrow = await ethers.deployContract('RewardEscrow', [token, vault, owner])
        for (const [e, v] of [
          [escrow, otherVault],
          [otherEscrow, vault],
        ] as const) {
          const args = [operators, e, v, registry, access, WINDOW, oracle] as const
          const wrong = await ethers.deployContract('AttributionOracle', [...args])
          await wrong.setProver(owner, true)
          await expect(oracle.handOver(wrong))
            .to.be.revertedWithCustomError(oracle, 'AttributionOracle_WrongSuccessor')
            .withArgs(wrong)
        }
      })
    })
  })

  describe('takeOver', () => {
    describe('given another caller than the predecessor', () => {
      it('reverts with both', async () => {
        const { oracle, owner } = await loadFixture(fixture)
        await expect(oracle.takeOver())
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPredecessor')
          .withArgs(owner, ZeroAddress)
      })
    })
  })
})
