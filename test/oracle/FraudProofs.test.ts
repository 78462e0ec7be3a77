import { anyValue } from '@nomicfoundation/hardhat-chai-matchers/withArgs'
import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ZeroAddress, concat, dataSlice, toBigInt } from 'ethers'

import { rootOfProof } from '../../attribution-oracle/src/settlement'
import { provenJournal, provenLedger } from '../../attribution-oracle/src/settlement/evidenceLeaves'
import { fromHex } from '../../attribution-oracle/src/settlement/hex'
import { EMPTY, hash24 } from '../libraries/positionalTree'
import { type Epoch, SIGNERS } from './corruptionScene'
import { NO_LEAF } from './everyChallenge'
import {
  type Ground,
  type Published,
  expectRejected,
  firstEpoch,
  post,
  secondEpoch,
  told,
} from './settledEpochs'

const REASON = { account: 0, fallen: 1, prefix: 2, total: 3, increase: 4, pool: 6 }
const [LEDGER, JOURNAL, MANIFEST, SETTLEMENT] = [0, 1, 2, 3]

/** An epoch after a change, posted, with other fields in the post. */
async function lied(
  change: (epoch: Epoch) => void = () => undefined,
  fixture: () => Promise<Ground> = secondEpoch,
  fields: Partial<Published['post']> = {},
) {
  const ground = await loadFixture(fixture)
  const published = told(ground, change)
  const lie = { ...published, post: { ...published.post, ...fields } }
  await post(ground, lie.post)
  return { ...ground, lie, proofs: ground.fraudProofs.connect(ground.challenger) }
}

/** The honest epoch with another post over it, posted. */
async function miscounted(change: (published: Published) => Partial<Published['post']>) {
  const ground = await loadFixture(secondEpoch)
  const honest = told(ground)
  const lie = { ...honest, post: { ...honest.post, ...change(honest) } }
  await post(ground, lie.post)
  return { ...ground, lie, proofs: ground.fraudProofs.connect(ground.challenger) }
}

type Proofs = Awaited<ReturnType<typeof lied>>['proofs']

const ledgerLeaf = ({ ledger }: Published, index: number) => provenLedger(ledger, index)
const journalLeaf = ({ journal }: Published, position: number) => provenJournal(journal, position)
const run = (published: Published, ...positions: number[]) => positions.map(at => journalLeaf(published, at))

describe('FraudProofs', () => {
  it('names the oracle and the registry', async () => {
    const { fraudProofs, oracle, registry } = await loadFixture(secondEpoch)
    expect(await fraudProofs.oracle()).to.equal(await oracle.getAddress())
    expect(await fraudProofs.datanetRegistry()).to.equal(await registry.getAddress())
  })

  describe('challengeAccount', () => {
    it('rejects another account at an index', async () => {
      const given = await lied(({ ledger }) => (ledger[2]!.account = ledger[1]!.account))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeAccount(lie.post, SIGNERS, ledgerLeaf(lie, 2)),
        REASON.account,
      )
    })

    it('rejects account zero, at an index that nobody has too', async () => {
      // Five contributors are in the ledger and a sixth has registered: nobody has index 6.
      for (const index of [2, 6]) {
        const given = await lied(({ ledger, total }) => {
          const nothing = { cumulative: 0n, prefix: total }
          if (index === 2) ledger[index]!.account = ZeroAddress
          else ledger.push({ account: ledger[0]!.account, ...nothing }, { account: ZeroAddress, ...nothing })
        })
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeAccount(lie.post, SIGNERS, ledgerLeaf(lie, index)),
          REASON.account,
        )
      }
    })

    it('rejects a leaf beyond the declared count', async () => {
      const given = await miscounted(() => ({ ledgerCount: 4 }))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeAccount(lie.post, SIGNERS, ledgerLeaf(lie, 4)),
        REASON.account,
      )
    })

    it('rejects a leaf at another depth than the count has', async () => {
      const given = await miscounted(({ post: { ledgerRoot } }) => ({
        ledgerRoot: hash24(concat([ledgerRoot, EMPTY])) as `0x${string}`,
      }))
      const { lie, proofs } = given
      const leaf = ledgerLeaf(lie, 2)
      const deeper = { ...leaf, proof: concat([leaf.proof, EMPTY]) }
      await expectRejected(given, proofs.challengeAccount(lie.post, SIGNERS, deeper), REASON.account)
    })

    describe('given the right account', () => {
      it('reverts with it', async () => {
        const { lie, proofs, accounts } = await lied()
        const account = toBigInt(accounts[2]!)
        await expect(proofs.challengeAccount(lie.post, SIGNERS, ledgerLeaf(lie, 2)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(account, account)
      })
    })

    describe('given a leaf that is not in the tree', () => {
      it('reverts with both roots', async () => {
        const { lie, proofs, trees, keccak } = await lied()
        const leaf = { ...ledgerLeaf(lie, 0), cumulative: 1n }
        const { tree } = trees.ledger([{ account: leaf.account, cumulative: 1n, prefix: leaf.prefix }])
        const computed = rootOfProof(keccak, tree.leaf(0), 0, fromHex(leaf.proof))
        await expect(proofs.challengeAccount(lie.post, SIGNERS, leaf))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(computed, lie.post.ledgerRoot)
      })

      it('reverts for a cut proof and for high bits of the index', async () => {
        const { lie, proofs } = await lied()
        const leaf = ledgerLeaf(lie, 1)
        const cut = { ...leaf, proof: dataSlice(leaf.proof, 0, 50) }
        await expect(proofs.challengeAccount(lie.post, SIGNERS, cut))
          .to.be.revertedWithCustomError(proofs, 'CumulativeMerkle_ProofLength')
          .withArgs(50)
        await expect(proofs.challengeAccount(lie.post, SIGNERS, { ...leaf, index: 9 }))
          .to.be.revertedWithCustomError(proofs, 'CumulativeMerkle_PositionOutside')
          .withArgs(9, 3)
      })
    })

    describe('given other signers, or a post that is not pending', () => {
      it('reverts', async () => {
        const { lie, proofs, oracle } = await lied(({ ledger }) => (ledger[2]!.account = ledger[1]!.account))
        const leaf = ledgerLeaf(lie, 2)
        await expect(proofs.challengeAccount(lie.post, SIGNERS + 1, leaf)).to.be.revertedWithCustomError(
          oracle,
          'AttributionOracle_NotPending',
        )
        await expect(
          proofs.challengeAccount({ ...lie.post, total: 0n }, SIGNERS, leaf),
        ).to.be.revertedWithCustomError(oracle, 'AttributionOracle_NotPending')
      })
    })
  })

  describe('challengeMissing', () => {
    for (const [name, tree, count, reason] of [
      ['ledger', LEDGER, 'ledgerCount', REASON.account],
      ['journal', JOURNAL, 'journalCount', REASON.prefix],
    ] as const) {
      it(`rejects an empty position of the ${name}`, async () => {
        const given = await miscounted(({ post }) => ({ [count]: post[count] + 1 }))
        const { lie, proofs } = given
        const position = lie.post[count] - 1
        const proof = lie[name].tree.emptyProof(position)
        await expectRejected(given, proofs.challengeMissing(lie.post, SIGNERS, tree, position, proof), reason)
      })
    }

    it('rejects an empty position of the manifest', async () => {
      const given = await lied(({ manifest }) => manifest.splice(2, 1), secondEpoch, { manifestCount: 4 })
      const { lie, proofs } = given
      const proof = lie.manifest.tree.emptyProof(3)
      await expectRejected(given, proofs.challengeMissing(lie.post, SIGNERS, MANIFEST, 3, proof), REASON.pool)
    })

    describe('given padding, or an inner empty node', () => {
      it('reverts with the position', async () => {
        const { lie, proofs } = await lied()
        const { tree } = lie.ledger
        // Five leaves in eight positions: the empty node over 6 and 7 is position 3 one level up.
        await expect(proofs.challengeMissing(lie.post, SIGNERS, LEDGER, 5, tree.emptyProof(5)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(5, 5)
        const inner = tree.emptyProof(6).subarray(24)
        await expect(proofs.challengeMissing(lie.post, SIGNERS, LEDGER, 3, inner))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(3, 5)
      })
    })

    describe('given a position that holds a leaf, or a settlement', () => {
      it('reverts', async () => {
        const { lie, proofs, keccak } = await lied()
        const proof = lie.ledger.tree.proof(1)
        const computed = rootOfProof(keccak, new Uint8Array(24), 1, proof)
        await expect(proofs.challengeMissing(lie.post, SIGNERS, LEDGER, 1, proof))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(computed, lie.post.ledgerRoot)
        await expect(proofs.challengeMissing(lie.post, SIGNERS, SETTLEMENT, 1, proof))
          .to.be.revertedWithCustomError(proofs, 'FraudProofs_NotInPost')
          .withArgs(SETTLEMENT)
      })
    })
  })

  describe('challengeFallen', () => {
    it('rejects a cumulative below the last final one', async () => {
      const given = await lied(({ ledger }) => (ledger[3]!.cumulative = 7n))
      const { lie, proofs } = given
      const was = provenLedger(lie.last!.ledger, 3)
      await expectRejected(
        given,
        proofs.challengeFallen(lie.post, SIGNERS, lie.last!.post, was, ledgerLeaf(lie, 3)),
        REASON.fallen,
      )
    })

    describe('given an unchanged cumulative', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        const was = provenLedger(lie.last!.ledger, 3)
        await expect(proofs.challengeFallen(lie.post, SIGNERS, lie.last!.post, was, ledgerLeaf(lie, 3)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(was.cumulative, was.cumulative)
      })
    })

    describe('given leaves of different accounts, or another last post', () => {
      it('reverts with both', async () => {
        const { lie, proofs, oracle } = await lied()
        const [was, now] = [provenLedger(lie.last!.ledger, 0), ledgerLeaf(lie, 1)]
        await expect(proofs.challengeFallen(lie.post, SIGNERS, lie.last!.post, was, now))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(0, 1)
        const forged = { ...lie.last!.post, total: 5n }
        await expect(proofs.challengeFallen(lie.post, SIGNERS, forged, was, ledgerLeaf(lie, 0)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotFinal')
          .withArgs(dataSlice(await oracle.hashPost(forged), 0, 24), await oracle.finalPostHash())
      })
    })
  })

  describe('challengePrefix', () => {
    it('rejects a prefix that is not the sum before, also one that wrapped around', async () => {
      for (const change of [
        ({ ledger }: Epoch) => (ledger[3]!.prefix += 1n),
        ({ ledger }: Epoch) => {
          ledger[2]!.cumulative = 2n ** 128n - 1n
          ledger[3]!.prefix = ledger[2]!.prefix - 1n
        },
      ]) {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengePrefix(lie.post, SIGNERS, ledgerLeaf(lie, 2), ledgerLeaf(lie, 3)),
          REASON.prefix,
        )
      }
    })

    describe('given a right prefix, or leaves that are not neighbours', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        const right = ledgerLeaf(lie, 1)
        await expect(proofs.challengePrefix(lie.post, SIGNERS, ledgerLeaf(lie, 0), right))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(right.prefix, right.prefix)
        await expect(proofs.challengePrefix(lie.post, SIGNERS, ledgerLeaf(lie, 0), ledgerLeaf(lie, 2)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengeFirstPrefix', () => {
    it('rejects a first prefix that is not zero', async () => {
      const given = await lied(({ ledger }) => ledger.forEach(leaf => (leaf.prefix += 9n)))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeFirstPrefix(lie.post, SIGNERS, ledgerLeaf(lie, 0)),
        REASON.prefix,
      )
    })

    describe('given a zero prefix, or another leaf than the first', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        await expect(proofs.challengeFirstPrefix(lie.post, SIGNERS, ledgerLeaf(lie, 0)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(0, 0)
        await expect(proofs.challengeFirstPrefix(lie.post, SIGNERS, ledgerLeaf(lie, 1)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(1, 0)
      })
    })
  })

  describe('challengeTotal', () => {
    it('rejects a total that is not the sum', async () => {
      const given = await lied(epoch => (epoch.total -= 1n))
      const { lie, proofs } = given
      await expectRejected(given, proofs.challengeTotal(lie.post, SIGNERS, ledgerLeaf(lie, 4)), REASON.total)
    })

    describe('given the right total, or another leaf than the last', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        await expect(proofs.challengeTotal(lie.post, SIGNERS, ledgerLeaf(lie, 4)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(lie.post.total, lie.post.total)
        await expect(proofs.challengeTotal(lie.post, SIGNERS, ledgerLeaf(lie, 3)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(4, 5)
      })
    })
  })

  // Contributors of the six journal leaves: 0, 1, 2, 4, 4, 4.
  describe('challengeIncrease', () => {
    for (const [who, index, positions] of [
      ['with entries in the middle', 1, [0, 1, 2]],
      ['with the first entry', 0, [0, 1]],
      ['with the last entries', 4, [2, 3, 5]],
      ['without entries', 3, [2, 3]],
    ] as const) {
      it(`rejects the increase of a contributor ${who}`, async () => {
        const given = await lied(({ ledger }) => (ledger[index]!.cumulative += 1n))
        const { lie, proofs } = given
        const before = lie.last!.ledger
        const was = index < 4 ? provenLedger(before, index) : NO_LEAF
        await expectRejected(
          given,
          proofs.challengeIncrease(
            lie.post,
            SIGNERS,
            lie.last!.post,
            was,
            ledgerLeaf(lie, index),
            run(lie, ...positions),
          ),
          REASON.increase,
        )
      })
    }

    it('rejects an increase in the first epoch', async () => {
      const given = await lied(({ ledger }) => (ledger[0]!.cumulative += 1n), firstEpoch)
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeIncrease(lie.post, SIGNERS, lie.post, NO_LEAF, ledgerLeaf(lie, 0), run(lie, 0, 1)),
        REASON.increase,
      )
    })

    it('rejects an increase without a journal', async () => {
      const given = await lied(epoch => epoch.journal.splice(0), firstEpoch)
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeIncrease(lie.post, SIGNERS, lie.post, NO_LEAF, ledgerLeaf(lie, 0), []),
        REASON.increase,
      )
    })

    it('rejects entries whose sums run backwards', async () => {
      const given = await lied(({ journal }) => (journal[3]!.prefix = 2n ** 128n - 1n))
      const { lie, proofs } = given
      await expectRejected(
        given,
        proofs.challengeIncrease(
          lie.post,
          SIGNERS,
          lie.last!.post,
          NO_LEAF,
          ledgerLeaf(lie, 4),
          run(lie, 2, 3, 5),
        ),
        REASON.increase,
      )
    })

    describe('given the right increase', () => {
      it('reverts with the cumulative', async () => {
        const { lie, proofs } = await lied()
        for (const [index, positions] of [
          [0, [0, 1]],
          [2, [1, 2, 3]],
          [3, [2, 3]],
          [4, [2, 3, 4, 5]],
        ] as const) {
          const now = ledgerLeaf(lie, index)
          const was = index < 4 ? provenLedger(lie.last!.ledger, index) : NO_LEAF
          await expect(
            proofs.challengeIncrease(lie.post, SIGNERS, lie.last!.post, was, now, run(lie, ...positions)),
          )
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(now.cumulative, now.cumulative)
        }
      })
    })

    describe('given leaves that leave room for another entry', () => {
      for (const [where, index, positions] of [
        ['before a single one', 1, [1, 2]],
        ['behind a single one', 1, [0, 1]],
        ['between the neighbour and the first', 4, [2, 4, 5]],
        ['behind the last but one', 4, [2, 3, 4]],
        ['behind a neighbour that does not follow', 2, [1, 2, 4]],
        ['in a gap that is not one', 3, [1, 3]],
        ['beside one neighbour', 3, [2]],
        ['among three neighbours', 3, [1, 2, 3]],
        ['in a journal that is not empty', 3, []],
      ] as const) {
        it(`reverts with the contributor ${where}`, async () => {
          const { lie, proofs } = await lied()
          const was = index < 4 ? provenLedger(lie.last!.ledger, index) : NO_LEAF
          await expect(
            proofs.challengeIncrease(
              lie.post,
              SIGNERS,
              lie.last!.post,
              was,
              ledgerLeaf(lie, index),
              run(lie, ...positions),
            ),
          )
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_Incomplete')
            .withArgs(index)
        })
      }
    })

    describe('given the last leaf of another account', () => {
      it('reverts with both positions', async () => {
        const { lie, proofs } = await lied()
        const was = provenLedger(lie.last!.ledger, 2)
        await expect(
          proofs.challengeIncrease(
            lie.post,
            SIGNERS,
            lie.last!.post,
            was,
            ledgerLeaf(lie, 1),
            run(lie, 0, 1, 2),
          ),
        )
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(2, 1)
      })
    })
  })

  describe('challengeJournalLeaf', () => {
    for (const [what, change] of [
      ['names no contributor of the post', ({ journal }: Epoch) => (journal[2]!.contributorIndex = 5)],
      ['names no pool of the post', ({ journal }: Epoch) => (journal[2]!.poolPosition = 4)],
      ['pays nothing', ({ journal }: Epoch) => (journal[2]!.amount = 0n)],
    ] as const) {
      it(`rejects an entry that ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeJournalLeaf(lie.post, SIGNERS, journalLeaf(lie, 2)),
          REASON.prefix,
        )
      })
    }

    it('rejects a first prefix, and a leaf where none can be', async () => {
      const given = await lied(({ journal }) => (journal[0]!.prefix = 1n))
      await expectRejected(
        given,
        given.proofs.challengeJournalLeaf(given.lie.post, SIGNERS, journalLeaf(given.lie, 0)),
        REASON.prefix,
      )
      const beyond = await miscounted(() => ({ journalCount: 5 }))
      await expectRejected(
        beyond,
        beyond.proofs.challengeJournalLeaf(beyond.lie.post, SIGNERS, journalLeaf(beyond.lie, 5)),
        REASON.prefix,
      )
    })

    describe('given a right leaf', () => {
      it('reverts with its prefix', async () => {
        const { lie, proofs } = await lied()
        for (const position of [0, 2]) {
          const leaf = journalLeaf(lie, position)
          await expect(proofs.challengeJournalLeaf(lie.post, SIGNERS, leaf))
            .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
            .withArgs(leaf.prefix, leaf.prefix)
        }
      })
    })
  })

  describe('challengeJournalOrder', () => {
    for (const [what, change] of [
      ['the same key twice', ({ journal }: Epoch) => (journal[4]!.poolPosition = 0)],
      ['a wrong prefix', ({ journal }: Epoch) => (journal[4]!.prefix += 1n)],
    ] as const) {
      it(`rejects ${what}`, async () => {
        const given = await lied(change)
        const { lie, proofs } = given
        await expectRejected(
          given,
          proofs.challengeJournalOrder(lie.post, SIGNERS, ...(run(lie, 3, 4) as [never, never])),
          REASON.prefix,
        )
      })
    }

    describe('given right neighbours, or no neighbours', () => {
      it('reverts with both', async () => {
        const { lie, proofs } = await lied()
        const [left, right] = [journalLeaf(lie, 3), journalLeaf(lie, 4)]
        await expect(proofs.challengeJournalOrder(lie.post, SIGNERS, left, right))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(right.prefix, right.prefix)
        await expect(proofs.challengeJournalOrder(lie.post, SIGNERS, right, left))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(3, 5)
      })
    })
  })

  describe('challengeJournalTotal', () => {
    for (const fixture of [secondEpoch, firstEpoch]) {
      it(`rejects a sum that is not the increase (${fixture.name})`, async () => {
        const given = await lied(({ journal }) => (journal.at(-1)!.amount += 1n), fixture)
        const { lie, proofs } = given
        const leaf = journalLeaf(lie, lie.post.journalCount - 1)
        await expectRejected(
          given,
          proofs.challengeJournalTotal(lie.post, SIGNERS, lie.last?.post ?? lie.post, leaf),
          REASON.total,
        )
      })
    }

    describe('given the right sum of the first epoch', () => {
      it('reverts with it', async () => {
        const { lie, proofs } = await lied(undefined, firstEpoch)
        const leaf = journalLeaf(lie, lie.post.journalCount - 1)
        await expect(proofs.challengeJournalTotal(lie.post, SIGNERS, lie.post, leaf))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(lie.post.total, lie.post.total)
      })
    })

    describe('given the right sum, another leaf, or another last post', () => {
      it('reverts with both', async () => {
        const { lie, proofs, oracle } = await lied()
        const last = journalLeaf(lie, 5)
        await expect(proofs.challengeJournalTotal(lie.post, SIGNERS, lie.last!.post, last))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NothingWrong')
          .withArgs(lie.post.total, lie.post.total)
        await expect(proofs.challengeJournalTotal(lie.post, SIGNERS, lie.last!.post, journalLeaf(lie, 4)))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_WrongPosition')
          .withArgs(5, 6)
        await expect(proofs.challengeJournalTotal(lie.post, SIGNERS, lie.post, last))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotFinal')
          .withArgs(dataSlice(await oracle.hashPost(lie.post), 0, 24), await oracle.finalPostHash())
      })
    })
  })

  describe('given a leaf that was not posted', () => {
    const richer = <Leaf extends { cumulative: bigint }>(leaf: Leaf) => ({ ...leaf, cumulative: 10n ** 9n })
    const poorer = <Leaf extends { cumulative: bigint }>(leaf: Leaf) => ({ ...leaf, cumulative: 0n })
    const more = <Leaf extends { amount: bigint }>(leaf: Leaf) => ({ ...leaf, amount: 10n ** 9n })
    const last = (lie: Published, index: number) => provenLedger(lie.last!.ledger, index)
    const increase = (proofs: Proofs, lie: Published, was: typeof NO_LEAF, now: typeof NO_LEAF) =>
      proofs.challengeIncrease(lie.post, SIGNERS, lie.last!.post, was, now, run(lie, 0, 1, 2))

    type Call = (proofs: Proofs, lie: Published) => Promise<unknown>
    const FORGED: [string, 'ledger' | 'journal' | 'last', Call][] = [
      [
        'challengeFallen, before',
        'last',
        (proofs, lie) =>
          proofs.challengeFallen(lie.post, SIGNERS, lie.last!.post, richer(last(lie, 1)), ledgerLeaf(lie, 1)),
      ],
      [
        'challengeFallen, now',
        'ledger',
        (proofs, lie) =>
          proofs.challengeFallen(lie.post, SIGNERS, lie.last!.post, last(lie, 1), poorer(ledgerLeaf(lie, 1))),
      ],
      [
        'challengePrefix, left',
        'ledger',
        (proofs, lie) =>
          proofs.challengePrefix(lie.post, SIGNERS, richer(ledgerLeaf(lie, 0)), ledgerLeaf(lie, 1)),
      ],
      [
        'challengePrefix, right',
        'ledger',
        (proofs, lie) =>
          proofs.challengePrefix(lie.post, SIGNERS, ledgerLeaf(lie, 0), {
            ...ledgerLeaf(lie, 1),
            prefix: 1n,
          }),
      ],
      [
        'challengeFirstPrefix',
        'ledger',
        (proofs, lie) =>
          proofs.challengeFirstPrefix(lie.post, SIGNERS, { ...ledgerLeaf(lie, 0), prefix: 1n }),
      ],
      [
        'challengeTotal',
        'ledger',
        (proofs, lie) => proofs.challengeTotal(lie.post, SIGNERS, richer(ledgerLeaf(lie, 4))),
      ],
      [
        'challengeIncrease, now',
        'ledger',
        (proofs, lie) => increase(proofs, lie, last(lie, 1), richer(ledgerLeaf(lie, 1))),
      ],
      [
        'challengeIncrease, before',
        'last',
        (proofs, lie) => increase(proofs, lie, richer(last(lie, 1)), ledgerLeaf(lie, 1)),
      ],
      [
        'challengeIncrease, entries',
        'journal',
        (proofs, lie) =>
          proofs.challengeIncrease(lie.post, SIGNERS, lie.last!.post, last(lie, 1), ledgerLeaf(lie, 1), [
            journalLeaf(lie, 0),
            more(journalLeaf(lie, 1)),
            journalLeaf(lie, 2),
          ]),
      ],
      [
        'challengeJournalLeaf',
        'journal',
        (proofs, lie) =>
          proofs.challengeJournalLeaf(lie.post, SIGNERS, { ...journalLeaf(lie, 1), amount: 0n }),
      ],
      [
        'challengeJournalOrder, left',
        'journal',
        (proofs, lie) =>
          proofs.challengeJournalOrder(lie.post, SIGNERS, more(journalLeaf(lie, 0)), journalLeaf(lie, 1)),
      ],
      [
        'challengeJournalOrder, right',
        'journal',
        (proofs, lie) =>
          proofs.challengeJournalOrder(lie.post, SIGNERS, journalLeaf(lie, 0), {
            ...journalLeaf(lie, 1),
            prefix: 0n,
          }),
      ],
      [
        'challengeJournalTotal',
        'journal',
        (proofs, lie) =>
          proofs.challengeJournalTotal(lie.post, SIGNERS, lie.last!.post, more(journalLeaf(lie, 5))),
      ],
    ]
    for (const [name, tree, call] of FORGED) {
      it(`reverts with the root of its tree: ${name}`, async () => {
        const { lie, proofs } = await lied()
        const posted = tree === 'last' ? lie.last!.post : lie.post
        await expect(call(proofs, lie))
          .to.be.revertedWithCustomError(proofs, 'PostedTrees_NotInTree')
          .withArgs(anyValue, tree === 'journal' ? posted.journalRoot : posted.ledgerRoot)
      })
    }
  })
})
