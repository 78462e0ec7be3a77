import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { type ContractTransactionResponse, concat, dataSlice, toBigInt } from 'ethers'
import fc from 'fast-check'

import { EMPTY, PositionalTree, hash24 } from '../libraries/positionalTree'
import { type JournalEntry, type LedgerEntry, ledgerLeaf, treeDomain } from '../libraries/treeLeaves'
import {
  journalProof,
  ledgerProof,
  manifestProof,
  plantJournal,
  plantLedger,
  plantManifest,
} from './epochTrees'
import {
  BOND,
  type EpochFixture,
  type OracleSystem,
  type Post,
  epochOf,
  finalize,
  oracleSystem,
} from './oracleSystem'

const REASON = { account: 0, fallen: 1, prefix: 2, total: 3, increase: 4, overFunded: 5 }
const LEDGER = 0
const JOURNAL = 1
const FIRST = [
  [100n, 20n],
  [0n, 0n],
  [0n, 250n],
  [7n, 1n],
]
const SECOND = [
  [10n, 0n],
  [0n, 0n],
  [5n, 6n],
  [0n, 0n],
  [0n, 3n],
]
const NO_LEAF = { index: 0, account: `0x${'00'.repeat(20)}`, cumulative: 0n, prefix: 0n, proof: '0x' }

/** Epoch 1 is final, epoch 2 is honest and not yet posted. */
async function fixture() {
  const system = await oracleSystem()
  const first = epochOf(system, 1, FIRST)
  await finalize(system, first.post)
  const second = epochOf(
    system,
    2,
    SECOND,
    first.ledger.entries.map(entry => entry.cumulative),
  )
  return { ...system, first, second }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

function withLedger({ domains, second }: Fixture, change: (entries: LedgerEntry[]) => void) {
  const entries = second.ledger.entries.map(entry => ({ ...entry }))
  change(entries)
  const ledger = plantLedger(domains, entries)
  return {
    ...second,
    ledger,
    post: { ...second.post, ledgerRoot: ledger.tree.root, ledgerCount: entries.length },
  }
}

function withJournal({ domains, second }: Fixture, change: (entries: JournalEntry[]) => void) {
  const entries = second.journal.entries.map(entry => ({ ...entry }))
  change(entries)
  const journal = plantJournal(domains, entries)
  const counts = { journalRoot: journal.tree.root, journalCount: entries.length }
  return { ...second, journal, post: { ...second.post, ...counts } }
}

async function post({ oracle, operator }: OracleSystem, wrong: Post) {
  await oracle.connect(operator).post(wrong)
}

/** What a proven challenge does: the post is gone, its poster slashed, the epoch open to another post. */
async function expectRejected(
  given: Fixture,
  challenge: Promise<ContractTransactionResponse>,
  reason: number,
) {
  const { oracle, operators, operator, rival, challenger, second } = given
  await expect(challenge).to.emit(oracle, 'RootRejected').withArgs(2, challenger, operator, reason)
  expect((await oracle.pending()).deadline).to.equal(0n)
  expect(await operators.bondOf(operator)).to.equal(0n)
  expect(await operators.rewardOf(challenger)).to.equal(BOND / 2n)
  await oracle.connect(rival).post(second.post)
}

describe('FraudProofs', () => {
  describe('challengeAccount', () => {
    it('rejects another account at an index', async () => {
      const given = await loadFixture(fixture)
      const wrong = withLedger(given, entries => (entries[2]!.account = given.challenger.address))
      await post(given, wrong.post)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeAccount(wrong.post, ledgerProof(wrong.ledger, 2))
      await expectRejected(given, challenge, REASON.account)
    })

    it('rejects a leaf beyond the declared count', async () => {
      const given = await loadFixture(fixture)
      const wrong = { ...given.second.post, ledgerCount: 4 }
      await post(given, wrong)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeAccount(wrong, ledgerProof(given.second.ledger, 4))
      await expectRejected(given, challenge, REASON.account)
    })

    it('rejects a leaf at another depth than the count has', async () => {
      const given = await loadFixture(fixture)
      const { second } = given
      const wrong = { ...second.post, ledgerRoot: hash24(concat([second.ledger.tree.root, EMPTY])) }
      await post(given, wrong)
      const leaf = ledgerProof(second.ledger, 2)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeAccount(wrong, { ...leaf, proof: concat([leaf.proof, EMPTY]) })
      await expectRejected(given, challenge, REASON.account)
    })

    describe('given the right account', () => {
      it('reverts with it', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs, accounts } = given
        await post(given, second.post)
        const account = toBigInt(accounts[2]!)
        await expect(fraudProofs.challengeAccount(second.post, ledgerProof(second.ledger, 2)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(account, account)
      })
    })

    describe('given a leaf that is not in the tree', () => {
      it('reverts with both roots', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs, domains, challenger } = given
        await post(given, second.post)
        const lie = { ...ledgerProof(second.ledger, 0), account: challenger.address }
        const leaf = ledgerLeaf(treeDomain('Ledger', domains), lie)
        const computed = new PositionalTree([leaf, ...second.ledger.tree.leaves.slice(1)]).root
        await expect(fraudProofs.challengeAccount(second.post, lie))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NotInTree')
          .withArgs(computed, second.post.ledgerRoot)
      })

      it('reverts for a cut proof and for high bits of the index', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        const leaf = ledgerProof(second.ledger, 1)
        await expect(
          fraudProofs.challengeAccount(second.post, { ...leaf, proof: dataSlice(leaf.proof, 0, 50) }),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'CumulativeMerkle_ProofLength')
          .withArgs(50)
        await expect(fraudProofs.challengeAccount(second.post, { ...leaf, index: 9 }))
          .to.be.revertedWithCustomError(fraudProofs, 'CumulativeMerkle_PositionOutside')
          .withArgs(9, 3)
      })
    })

    describe('given a post that is not pending', () => {
      it('reverts with both hashes', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs, oracle } = given
        const wrong = withLedger(given, entries => (entries[2]!.account = given.challenger.address))
        await post(given, second.post)
        await expect(fraudProofs.challengeAccount(wrong.post, ledgerProof(wrong.ledger, 2)))
          .to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
          .withArgs(await oracle.hashPost(wrong.post), await oracle.hashPost(second.post))
      })
    })
  })

  describe('challengeMissing', () => {
    it('rejects an empty ledger position', async () => {
      const given = await loadFixture(fixture)
      const tree = new PositionalTree(
        given.second.ledger.tree.leaves.map((leaf, i) => (i === 1 ? EMPTY : leaf)),
      )
      const wrong = { ...given.second.post, ledgerRoot: tree.root }
      await post(given, wrong)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeMissing(wrong, LEDGER, 1, tree.proof(1))
      await expectRejected(given, challenge, REASON.account)
    })

    it('rejects an empty journal position', async () => {
      const given = await loadFixture(fixture)
      const wrong = { ...given.second.post, journalCount: 5, journalRoot: '0x' }
      const tree = new PositionalTree([...given.second.journal.tree.leaves, EMPTY])
      wrong.journalRoot = tree.root
      await post(given, wrong)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeMissing(wrong, JOURNAL, 4, tree.proof(4))
      await expectRejected(given, challenge, REASON.prefix)
    })

    describe('given padding, or an inner empty node', () => {
      it('reverts with the position', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        const { tree } = second.ledger
        // Five leaves in eight positions: the empty node over 6 and 7 is position 3 one level up.
        await expect(fraudProofs.challengeMissing(second.post, LEDGER, 5, tree.proof(5)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(5, 5)
        await expect(fraudProofs.challengeMissing(second.post, LEDGER, 3, dataSlice(tree.proof(6), 24)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(3, 5)
      })
    })

    describe('given a position that holds a leaf', () => {
      it('reverts with both roots', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        const leaves = second.ledger.tree.leaves.map((leaf, i) => (i === 1 ? EMPTY : leaf))
        await expect(fraudProofs.challengeMissing(second.post, LEDGER, 1, second.ledger.tree.proof(1)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NotInTree')
          .withArgs(new PositionalTree(leaves).root, second.post.ledgerRoot)
      })
    })
  })

  describe('challengeFallen', () => {
    it('rejects a cumulative below the last final one', async () => {
      const given = await loadFixture(fixture)
      const { first, fraudProofs, challenger } = given
      const wrong = withLedger(given, entries => (entries[3]!.cumulative = 7n))
      await post(given, wrong.post)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeFallen(wrong.post, first.post, ledgerProof(first.ledger, 3), ledgerProof(wrong.ledger, 3))
      await expectRejected(given, challenge, REASON.fallen)
    })

    describe('given an unchanged cumulative', () => {
      it('reverts with both', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        await expect(
          fraudProofs.challengeFallen(
            second.post,
            first.post,
            ledgerProof(first.ledger, 3),
            ledgerProof(second.ledger, 3),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(8n, 8n)
      })
    })

    describe('given leaves of different accounts', () => {
      it('reverts with both positions', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        await expect(
          fraudProofs.challengeFallen(
            second.post,
            first.post,
            ledgerProof(first.ledger, 0),
            ledgerProof(second.ledger, 1),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(0, 1)
      })
    })

    describe('given a last post that is not the final one', () => {
      it('reverts with both hashes', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs, oracle } = given
        await post(given, second.post)
        const forged = { ...first.post, total: 5n }
        await expect(
          fraudProofs.challengeFallen(
            second.post,
            forged,
            ledgerProof(first.ledger, 0),
            ledgerProof(second.ledger, 0),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NotFinal')
          .withArgs(await oracle.hashPost(forged), await oracle.finalPostHash())
      })
    })
  })

  describe('challengePrefix', () => {
    it('rejects a prefix that is not the sum before', async () => {
      const given = await loadFixture(fixture)
      const wrong = withLedger(given, entries => (entries[3]!.prefix += 1n))
      await post(given, wrong.post)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengePrefix(wrong.post, ledgerProof(wrong.ledger, 2), ledgerProof(wrong.ledger, 3))
      await expectRejected(given, challenge, REASON.prefix)
    })

    it('rejects a prefix that wrapped around', async () => {
      const given = await loadFixture(fixture)
      const wrong = withLedger(given, entries => {
        entries[2]!.cumulative = 2n ** 128n - 1n
        entries[3]!.prefix = entries[2]!.prefix - 1n
      })
      await post(given, wrong.post)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengePrefix(wrong.post, ledgerProof(wrong.ledger, 2), ledgerProof(wrong.ledger, 3))
      await expectRejected(given, challenge, REASON.prefix)
    })

    describe('given a right prefix', () => {
      it('reverts with it', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        await expect(
          fraudProofs.challengePrefix(
            second.post,
            ledgerProof(second.ledger, 0),
            ledgerProof(second.ledger, 1),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(130n, 130n)
      })
    })

    describe('given leaves that are not neighbours', () => {
      it('reverts with both positions', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        await expect(
          fraudProofs.challengePrefix(
            second.post,
            ledgerProof(second.ledger, 0),
            ledgerProof(second.ledger, 2),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengeFirstPrefix', () => {
    it('rejects a first prefix that is not zero', async () => {
      const given = await loadFixture(fixture)
      const wrong = withLedger(given, entries => entries.forEach(entry => (entry.prefix += 9n)))
      await post(given, wrong.post)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeFirstPrefix(wrong.post, ledgerProof(wrong.ledger, 0))
      await expectRejected(given, challenge, REASON.prefix)
    })

    describe('given a zero prefix, or another leaf than the first', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        await expect(fraudProofs.challengeFirstPrefix(second.post, ledgerProof(second.ledger, 0)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(0, 0)
        await expect(fraudProofs.challengeFirstPrefix(second.post, ledgerProof(second.ledger, 1)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(1, 0)
      })
    })
  })

  describe('challengeTotal', () => {
    it('rejects a total that is not the sum', async () => {
      const given = await loadFixture(fixture)
      const wrong = { ...given.second.post, total: given.second.total + 1n }
      await post(given, wrong)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeTotal(wrong, ledgerProof(given.second.ledger, 4))
      await expectRejected(given, challenge, REASON.total)
    })

    describe('given the right total, or another leaf than the last', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        await expect(fraudProofs.challengeTotal(second.post, ledgerProof(second.ledger, 4)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(second.total, second.total)
        await expect(fraudProofs.challengeTotal(second.post, ledgerProof(second.ledger, 3)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(4, 5)
      })
    })
  })

  describe('challengeIncrease', () => {
    /** The journal leaves from `from` to `to`, both included. */
    const leaves = ({ journal }: Pick<EpochFixture, 'journal'>, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => journalProof(journal, from + i))

    it('rejects an increase that the journal does not explain', async () => {
      const given = await loadFixture(fixture)
      const { first, fraudProofs, challenger } = given
      const wrong = withLedger(given, entries => (entries[2]!.cumulative += 1n))
      await post(given, wrong.post)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeIncrease(
          wrong.post,
          first.post,
          ledgerProof(first.ledger, 2),
          ledgerProof(wrong.ledger, 2),
          leaves(wrong, 0, 3),
        )
      await expectRejected(given, challenge, REASON.increase)
    })

    it('rejects an increase of an account that the journal does not name', async () => {
      const given = await loadFixture(fixture)
      const { first, fraudProofs, challenger } = given
      const wrong = withLedger(given, entries => (entries[1]!.cumulative += 1n))
      await post(given, wrong.post)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeIncrease(
          wrong.post,
          first.post,
          ledgerProof(first.ledger, 1),
          ledgerProof(wrong.ledger, 1),
          leaves(wrong, 0, 1),
        )
      await expectRejected(given, challenge, REASON.increase)
    })

    it('rejects journal entries that the ledger does not pay', async () => {
      const given = await loadFixture(fixture)
      const { first, fraudProofs, challenger } = given
      const wrong = withLedger(given, entries => (entries[0]!.cumulative -= 10n))
      await post(given, wrong.post)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeIncrease(
          wrong.post,
          first.post,
          ledgerProof(first.ledger, 0),
          ledgerProof(wrong.ledger, 0),
          leaves(wrong, 0, 1),
        )
      await expectRejected(given, challenge, REASON.increase)
    })

    it('takes a newcomer to have had nothing', async () => {
      const given = await loadFixture(fixture)
      const { first, fraudProofs, challenger } = given
      const wrong = withLedger(given, entries => (entries[4]!.cumulative += 1n))
      await post(given, wrong.post)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeIncrease(wrong.post, first.post, NO_LEAF, ledgerProof(wrong.ledger, 4), leaves(wrong, 2, 3))
      await expectRejected(given, challenge, REASON.increase)
    })

    it('rejects an increase beside an empty journal', async () => {
      const given = await loadFixture(fixture)
      const { first, second, fraudProofs, challenger } = given
      const wrong = { ...second.post, journalRoot: EMPTY, journalCount: 0 }
      await post(given, wrong)
      const challenge = fraudProofs
        .connect(challenger)
        .challengeIncrease(wrong, first.post, ledgerProof(first.ledger, 0), ledgerProof(second.ledger, 0), [])
      await expectRejected(given, challenge, REASON.increase)
    })

    it('rejects in the first epoch, before there is a final post', async () => {
      const system = await loadFixture(oracleSystem)
      const { fraudProofs, oracle, operator, challenger, domains } = system
      const first = epochOf(system, 1, FIRST)
      const entries = first.ledger.entries.map((entry, i) =>
        i === 0 ? { ...entry, cumulative: 121n } : entry,
      )
      const ledger = plantLedger(domains, entries)
      const wrong = { ...first.post, ledgerRoot: ledger.tree.root }
      await post(system, wrong)
      await expect(
        fraudProofs
          .connect(challenger)
          .challengeIncrease(wrong, wrong, NO_LEAF, ledgerProof(ledger, 0), leaves(first, 0, 2)),
      )
        .to.emit(oracle, 'RootRejected')
        .withArgs(1, challenger, operator, REASON.increase)
    })

    describe('given an explained increase', () => {
      it('reverts for every account, with what it has', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        for (const index of [0, 1, 2, 3, 4]) {
          const now = ledgerProof(second.ledger, index)
          const was = index < 4 ? ledgerProof(first.ledger, index) : NO_LEAF
          await expect(fraudProofs.challengeIncrease(second.post, first.post, was, now, leaves(second, 0, 3)))
            .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
            .withArgs(now.cumulative, now.cumulative)
        }
      })
    })

    describe('given journal leaves that leave room for more', () => {
      it('reverts with the contributor', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        const now = ledgerProof(second.ledger, 2)
        const was = ledgerProof(first.ledger, 2)
        for (const boundary of [[], leaves(second, 0, 1), leaves(second, 1, 3), leaves(second, 2, 2)]) {
          await expect(fraudProofs.challengeIncrease(second.post, first.post, was, now, boundary))
            .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_Incomplete')
            .withArgs(2)
        }
      })
    })

    describe('given journal leaves with a gap', () => {
      it('reverts with both positions', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        const boundary = [journalProof(second.journal, 0), journalProof(second.journal, 3)]
        await expect(
          fraudProofs.challengeIncrease(
            second.post,
            first.post,
            ledgerProof(first.ledger, 2),
            ledgerProof(second.ledger, 2),
            boundary,
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(3, 1)
      })
    })

    describe("given another account's last leaf", () => {
      it('reverts with both positions', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs } = given
        await post(given, second.post)
        await expect(
          fraudProofs.challengeIncrease(
            second.post,
            first.post,
            ledgerProof(first.ledger, 1),
            ledgerProof(second.ledger, 2),
            leaves(second, 0, 3),
          ),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(1, 2)
      })
    })
  })

  describe('challengeJournalLeaf', () => {
    const faults: [string, (entries: JournalEntry[]) => void, number][] = [
      ['pays nothing', entries => (entries[1]!.amount = 0n), 1],
      ['names no contributor', entries => (entries[3]!.contributorIndex = 5), 3],
      ['names no pool', entries => (entries[2]!.poolPosition = 2), 2],
      ['is the first and has a prefix', entries => (entries[0]!.prefix = 1n), 0],
    ]
    for (const [fault, change, position] of faults) {
      it(`rejects a leaf that ${fault}`, async () => {
        const given = await loadFixture(fixture)
        const wrong = withJournal(given, change)
        await post(given, wrong.post)
        const challenge = given.fraudProofs
          .connect(given.challenger)
          .challengeJournalLeaf(wrong.post, journalProof(wrong.journal, position))
        await expectRejected(given, challenge, REASON.prefix)
      })
    }

    it('rejects a leaf beyond the declared count', async () => {
      const given = await loadFixture(fixture)
      const wrong = { ...given.second.post, journalCount: 3 }
      await post(given, wrong)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeJournalLeaf(wrong, journalProof(given.second.journal, 3))
      await expectRejected(given, challenge, REASON.prefix)
    })

    describe('given an honest leaf', () => {
      it('reverts with its prefix', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        for (const [position, prefix] of [
          [0, 0n],
          [1, 10n],
        ] as const) {
          await expect(fraudProofs.challengeJournalLeaf(second.post, journalProof(second.journal, position)))
            .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
            .withArgs(prefix, prefix)
        }
      })
    })
  })

  describe('challengeJournalOrder', () => {
    const faults: [string, (entries: JournalEntry[]) => void][] = [
      ['a wrong prefix', entries => (entries[2]!.prefix += 1n)],
      ['a contributor out of order', entries => (entries[2]!.contributorIndex = 0)],
      ['the same pool twice', entries => (entries[2]!.poolPosition = 0)],
    ]
    for (const [fault, change] of faults) {
      it(`rejects ${fault}`, async () => {
        const given = await loadFixture(fixture)
        const wrong = withJournal(given, change)
        await post(given, wrong.post)
        const challenge = given.fraudProofs
          .connect(given.challenger)
          .challengeJournalOrder(wrong.post, journalProof(wrong.journal, 1), journalProof(wrong.journal, 2))
        await expectRejected(given, challenge, REASON.prefix)
      })
    }

    describe('given honest neighbours, or none', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        const [zero, one, two] = [0, 1, 2].map(position => journalProof(second.journal, position))
        await expect(fraudProofs.challengeJournalOrder(second.post, one!, two!))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(15n, 15n)
        await expect(fraudProofs.challengeJournalOrder(second.post, zero!, two!))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengeJournalTotal', () => {
    it('rejects a journal that does not sum to the increase of the total', async () => {
      const given = await loadFixture(fixture)
      const wrong = withJournal(given, entries => (entries[3]!.amount += 1n))
      await post(given, wrong.post)
      const challenge = given.fraudProofs
        .connect(given.challenger)
        .challengeJournalTotal(wrong.post, given.first.post, journalProof(wrong.journal, 3))
      await expectRejected(given, challenge, REASON.total)
    })

    it('counts from zero in the first epoch', async () => {
      const system = await loadFixture(oracleSystem)
      const { fraudProofs, oracle, operator, challenger } = system
      const first = epochOf(system, 1, FIRST)
      await post(system, first.post)
      const last = journalProof(first.journal, first.journal.entries.length - 1)
      await expect(fraudProofs.challengeJournalTotal(first.post, first.post, last))
        .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
        .withArgs(first.total, first.total)
      expect((await oracle.pending()).poster).to.equal(operator.address)
      expect(challenger.address).not.to.equal(operator.address)
    })

    describe('given the right sum, another leaf, or another last post', () => {
      it('reverts', async () => {
        const given = await loadFixture(fixture)
        const { first, second, fraudProofs, oracle } = given
        await post(given, second.post)
        const last = journalProof(second.journal, 3)
        await expect(fraudProofs.challengeJournalTotal(second.post, first.post, last))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(second.total, second.total)
        await expect(
          fraudProofs.challengeJournalTotal(second.post, first.post, journalProof(second.journal, 2)),
        )
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_WrongPosition')
          .withArgs(3, 4)
        await expect(fraudProofs.challengeJournalTotal(second.post, second.post, last))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NotFinal')
          .withArgs(await oracle.hashPost(second.post), await oracle.finalPostHash())
      })
    })
  })

  describe('challengePool', () => {
    it('rejects a pool that paid more than it was funded', async () => {
      const given = await loadFixture(fixture)
      const { domains, second, fraudProofs, challenger } = given
      const entries = second.manifest.entries.map(entry => ({ ...entry, cumulative: 10_001n }))
      const manifest = plantManifest(domains, entries)
      const wrong = { ...second.post, manifestRoot: manifest.tree.root }
      await post(given, wrong)
      const challenge = fraudProofs.connect(challenger).challengePool(wrong, manifestProof(manifest, 0))
      await expectRejected(given, challenge, REASON.overFunded)
    })

    describe('given a pool within its funding', () => {
      it('reverts with funded and paid', async () => {
        const given = await loadFixture(fixture)
        const { second, fraudProofs } = given
        await post(given, second.post)
        await expect(fraudProofs.challengePool(second.post, manifestProof(second.manifest, 0)))
          .to.be.revertedWithCustomError(fraudProofs, 'FraudProofs_NothingWrong')
          .withArgs(10_000n, 15n)
      })
    })
  })

  describe('given an honest post', () => {
    it('no challenge with its leaves rejects it', async () => {
      const amount = fc.bigInt({ min: 0n, max: 900n })
      const earned = fc.array(fc.tuple(amount, amount), { minLength: 1, maxLength: 5 })
      await fc.assert(
        fc.asyncProperty(earned, fc.nat(), fc.nat(), async (rows, a, b) => {
          const system = await loadFixture(oracleSystem)
          const epoch = epochOf(system, 1, rows)
          await post(system, epoch.post)
          const outcomes = await Promise.allSettled(
            challenges(system, epoch, a % rows.length, b % rows.length),
          )
          for (const outcome of outcomes) {
            expect(outcome.status === 'rejected' && String(outcome.reason)).to.match(
              /custom error 'FraudProofs_/,
            )
          }
        }),
        { numRuns: 20 },
      )
    })
  })
})

/** Every challenge, with the honest leaves of contributors `i` and `j`. */
function challenges(
  { fraudProofs }: OracleSystem,
  { post, ledger, journal }: EpochFixture,
  i: number,
  j: number,
) {
  const [left, right] = [ledgerProof(ledger, i), ledgerProof(ledger, j)]
  const entries = journal.entries.map((_, position) => journalProof(journal, position))
  return [
    fraudProofs.challengeAccount.staticCall(post, left),
    fraudProofs.challengeFallen.staticCall(post, post, left, right),
    fraudProofs.challengePrefix.staticCall(post, left, right),
    fraudProofs.challengeFirstPrefix.staticCall(post, left),
    fraudProofs.challengeTotal.staticCall(post, left),
    fraudProofs.challengeMissing.staticCall(post, LEDGER, i, left.proof),
    fraudProofs.challengeIncrease.staticCall(post, post, NO_LEAF, left, entries),
    fraudProofs.challengeIncrease.staticCall(post, post, NO_LEAF, left, entries.slice(i)),
    ...entries.flatMap((leaf, k) => [
      fraudProofs.challengeJournalLeaf.staticCall(post, leaf),
      fraudProofs.challengeJournalTotal.staticCall(post, post, leaf),
      fraudProofs.challengeJournalOrder.staticCall(post, leaf, entries[(k + 1) % entries.length]!),
      fraudProofs.challengeMissing.staticCall(post, JOURNAL, k, leaf.proof),
    ]),
  ]
}
