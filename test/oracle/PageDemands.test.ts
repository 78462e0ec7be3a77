import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { concat, dataLength, dataSlice } from 'ethers'
import hre, { ethers } from 'hardhat'
import fc from 'fast-check'

import { POSTED_TREES, type PageDemand, type PostedTree } from '../../attribution-oracle/src/domain'
import { answerOf, findChallenge, findDemands } from '../../attribution-oracle/src/settlement'
import { provenManifest } from '../../attribution-oracle/src/settlement/evidenceLeaves'
import { type Weights, RESPONSE, SIGNERS, corruptionScene, fund, honest, postOf } from './corruptionScene'
import { NO_POOL } from './everyChallenge'
import { type Ground, type Published, asked, expectRejected, post, secondEpoch, told } from './settledEpochs'

const UNREVEALED = 9
const SHOWN = (1n << 64n) - 1n
const BIG = (1n << 32n) | 1n
const LEAVES = 130

/** A first epoch whose only settlement has 130 leaves: three pages, the last of two leaves, and an empty fourth. */
async function longEpoch(): Promise<Ground> {
  const scene = await corruptionScene()
  const funded = await fund(scene, new Map([[BIG, 10n ** 18n]]))
  const items = Array.from({ length: LEAVES }, (_, i): [number, number, bigint] => [i % 6, i, BigInt(i + 1)])
  const weights: Weights = new Map([
    [BIG, items.map(([who, i, weight]) => [who, Math.floor(i / 6), weight] as const)],
  ])
  const epoch = honest(scene, funded, weights, 6)
  return { ...scene, number: 1, epoch, post: postOf(scene, 1, epoch), funded, last: undefined }
}

async function pending(fixture: () => Promise<Ground> = longEpoch) {
  const ground = await loadFixture(fixture)
  const published = told(ground)
  await post(ground, published.post)
  const { deadline, pendingHash } = await ground.oracle.pending()
  return { ...ground, published, deadline, pendingHash, pages: ground.pageDemands.connect(ground.challenger) }
}

type Given = Awaited<ReturnType<typeof pending>>

function demandOf({ manifest }: Published, tree: PostedTree, number: bigint): PageDemand {
  return { tree, number, pool: tree === 'settlement' ? provenManifest(manifest, 0) : undefined }
}

function args({ published }: Pick<Given, 'published'>, { tree, number, pool }: PageDemand) {
  return [published.post, SIGNERS, POSTED_TREES.indexOf(tree), number, pool ?? NO_POOL] as const
}

/** Demands a page of the pending post; returns it as it must be shown. */
async function demanded(given: Given, tree: PostedTree, number = 0n) {
  const call = args(given, demandOf(given.published, tree, number))
  const page = asked(await given.pages.demand.staticCall(...call))
  await given.pages.demand(...call)
  return page
}

/** What shows a page, from the published trees. */
function answer({ published }: Pick<Given, 'published'>, page: Awaited<ReturnType<typeof demanded>>) {
  const tree = POSTED_TREES[Number(page.tree)]!
  const leaves = tree === 'settlement' ? published.settlements.get(page.poolId)! : published[tree]
  return answerOf({ ...page, tree, root: page.root as `0x${string}` }, leaves)
}

describe('PageDemands', () => {
  it('names the oracle, the page size and the response window', async () => {
    const { pageDemands, oracle } = await loadFixture(longEpoch)
    expect(await pageDemands.oracle()).to.equal(await oracle.getAddress())
    expect(await pageDemands.PAGE_LEAVES()).to.equal(64)
    expect(await pageDemands.responseWindow()).to.equal(RESPONSE)
    expect(3n * (await pageDemands.MAX_RESPONSE())).to.equal(86_400n)
  })

  describe('constructor', () => {
    describe('given no time to answer, or more than a third of the shortest window', () => {
      it('reverts with it and the bound', async () => {
        const { pageDemands, oracle } = await loadFixture(longEpoch)
        for (const response of [0, 28_801]) {
          await expect(ethers.deployContract('PageDemands', [oracle, response]))
            .to.be.revertedWithCustomError(pageDemands, 'PageDemands_ResponseOutside')
            .withArgs(response, 28_800)
        }
      })
    })
  })

  describe('demand', () => {
    it('asks for a page of a settlement and holds the post back', async () => {
      const given = await pending()
      const { pages, oracle, challenger, published, pendingHash } = given
      const pool = published.manifest.leaves[0]!
      const at = BigInt(await time.latest()) + 1n
      await time.setNextBlockTimestamp(at)
      await expect(pages.demand(...args(given, demandOf(published, 'settlement', 2n))))
        .to.emit(pages, 'PageDemanded')
        .withArgs(
          1,
          pendingHash,
          challenger.address,
          [3n, BIG, pool.settlementRoot, BigInt(LEAVES), 2n],
          at + BigInt(RESPONSE),
        )
      expect(await oracle.openDemands()).to.equal(1)
      await time.increaseTo(given.deadline)
      await expect(oracle.finalize(published.post, SIGNERS))
        .to.be.revertedWithCustomError(oracle, 'AttributionOracle_DemandsOpen')
        .withArgs(1)
    })

    it('asks for a page of each other tree', async () => {
      const given = await pending(secondEpoch)
      const { post: posted } = given.published
      const roots = { ledger: posted.ledgerRoot, journal: posted.journalRoot, manifest: posted.manifestRoot }
      const counts = { ledger: 5n, journal: 6n, manifest: 4n }
      for (const tree of ['ledger', 'journal', 'manifest'] as const) {
        const page = await demanded(given, tree)
        expect(page.root).to.equal(roots[tree])
        expect(page.leafCount).to.equal(counts[tree])
        expect(page.poolId).to.equal(0)
      }
    })

    describe('given a page that the tree does not have', () => {
      it('reverts with the number of pages', async () => {
        const given = await pending()
        const { pages, published } = given
        for (const [tree, number, count] of [
          ['settlement', 4n, 4],
          ['ledger', 1n, 1],
          ['manifest', 1n, 1],
        ] as const) {
          await expect(pages.demand(...args(given, demandOf(published, tree, number))))
            .to.be.revertedWithCustomError(pages, 'PageDemands_NoSuchPage')
            .withArgs(number, count)
        }
      })

      it('reverts for a pool without weights', async () => {
        const given = await pending(secondEpoch)
        const pool = provenManifest(given.published.manifest, 1)
        await expect(given.pages.demand(...args(given, { tree: 'settlement', number: 0n, pool })))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_NoSuchPage')
          .withArgs(0, 0)
      })
    })

    describe('given a pool that is not in the manifest', () => {
      it('reverts', async () => {
        const given = await pending()
        const demand = demandOf(given.published, 'settlement', 0n)
        const pool = { ...demand.pool!, leafCount: 4 }
        await expect(given.pages.demand(...args(given, { ...demand, pool }))).to.be.revertedWithCustomError(
          given.pages,
          'PostedTrees_NotInTree',
        )
      })
    })

    describe('given a page that was demanded, or shown', () => {
      it('reverts with when it is due', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement')
        const until = await given.pages.answerBy(page)
        const again = args(given, demandOf(given.published, 'settlement', 0n))
        await expect(given.pages.demand(...again))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_AlreadyDemanded')
          .withArgs(0, until)
        const { leaves, proof } = answer(given, page)
        await given.pages.reveal(page, leaves, proof)
        await expect(given.pages.demand(...again))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_AlreadyDemanded')
          .withArgs(0, SHOWN)
      })
    })

    it('leaves time for a settlement after a manifest was shown in the last second, and for a proof', async () => {
      const given = await pending()
      const { oracle, deadline } = given
      const pages = (await ethers.deployContract('PageDemands', [oracle, 28_800])).connect(given.challenger)
      await oracle.setProver(pages, true)
      await post(given, given.published.post)
      const { published } = given
      for (const tree of ['manifest', 'settlement'] as const) {
        const page = await demanded({ ...given, pages }, tree)
        const { leaves, proof } = answer(given, page)
        await time.setNextBlockTimestamp(await pages.answerBy(page))
        await pages.reveal(page, leaves, proof)
      }
      expect(deadline).to.be.greaterThan(0n)
      expect((await oracle.pending()).deadline - BigInt(await time.latest())).to.be.greaterThan(28_790n)
      await time.increaseTo((await oracle.pending()).deadline)
      await oracle.finalize(published.post, SIGNERS)
    })

    describe('given less time than a response window', () => {
      it('reverts with the end of it and the deadline; a second earlier it is taken', async () => {
        const given = await pending()
        const latest = given.deadline - BigInt(RESPONSE)
        const call = args(given, demandOf(given.published, 'settlement', 0n))
        await time.setNextBlockTimestamp(latest)
        await given.pages.demand(...call)
        await expect(given.pages.demand(...args(given, demandOf(given.published, 'settlement', 1n))))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_TooLate')
          .withArgs(given.deadline + 1n, given.deadline)
      })
    })

    describe('given other signers, or nothing pending', () => {
      it('reverts', async () => {
        const given = await pending()
        const [posted, , ...rest] = args(given, demandOf(given.published, 'ledger', 0n))
        await expect(given.pages.demand(posted, 3, ...rest)).to.be.revertedWithCustomError(
          given.oracle,
          'AttributionOracle_NotPending',
        )
        await given.oracle.cancelPending()
        const at = BigInt(await time.latest()) + 10n
        await time.setNextBlockTimestamp(at)
        await expect(given.pages.demand(posted, SIGNERS, ...rest))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_TooLate')
          .withArgs(at + BigInt(RESPONSE), 0)
      })
    })
  })

  describe('reveal', () => {
    it('shows every page, the ragged and the empty one too, and lets the post through', async () => {
      const given = await pending()
      const { pages, oracle, owner, pendingHash, published } = given
      for (const demand of findDemands({
        ...published,
        ledger: undefined,
        journal: undefined,
        settlements: new Map(),
      })) {
        const page = await demanded(given, demand.tree, demand.number)
        const { leaves, proof } = answer(given, page)
        await expect(pages.connect(owner).reveal(page, leaves, proof))
          .to.emit(pages, 'PagesRevealed')
          .withArgs(pendingHash, owner.address, Object.values(page), 1)
        expect(await pages.answerBy(page)).to.equal(SHOWN)
        expect(await oracle.openDemands()).to.equal(0)
      }
      await time.increaseTo(given.deadline)
      await oracle.finalize(published.post, SIGNERS)
    })

    it('shows two leaves of 130 in the third page, and none in the fourth', async () => {
      const given = await pending()
      for (const [number, bytes, siblings] of [
        [0n, 64 * 36, 2],
        [2n, 2 * 36, 2],
        [3n, 0, 2],
      ] as const) {
        const { leaves, proof } = answer(given, await demanded(given, 'settlement', number))
        expect([dataLength(leaves), dataLength(proof)]).to.deep.equal([bytes, siblings * 24])
      }
    })

    it('shows any page of any tree (property)', async () => {
      const given = await pending(longEpoch)
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...POSTED_TREES), fc.bigInt(0n, 3n), async (tree, any) => {
          const snapshot = (await ethers.provider.send('evm_snapshot', [])) as string
          const page = await demanded(given, tree, tree === 'settlement' ? any : 0n)
          const { leaves, proof } = answer(given, page)
          await given.pages.reveal(page, leaves, proof)
          expect(await given.pages.answerBy(page)).to.equal(SHOWN)
          await ethers.provider.send('evm_revert', [snapshot])
        }),
        { numRuns: 20 },
      )
    })

    describe('given other leaves', () => {
      it('reverts with both roots', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement', 1n)
        const { leaves, proof } = answer(given, page)
        const other = leaves.replace(/..$/, last => (last === '00' ? '01' : '00'))
        await expect(given.pages.reveal(page, other, proof)).to.be.revertedWithCustomError(
          given.pages,
          'PostedTrees_NotInTree',
        )
      })
    })

    describe('given leaves or proof of another length', () => {
      it('reverts with both lengths', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement', 2n)
        const { leaves, proof } = answer(given, page)
        for (const [shown, siblings, got, expected] of [
          [`${leaves}00`, proof, 73, 72],
          [leaves.slice(0, 2 + 72), proof, 36, 72],
          [leaves, `${proof}${'00'.repeat(24)}`, 72, 48],
          [leaves, '0x', 0, 48],
        ] as const) {
          await expect(given.pages.reveal(page, shown, siblings))
            .to.be.revertedWithCustomError(given.pages, 'PageDemands_WrongLength')
            .withArgs(got, expected)
        }
      })
    })

    describe('given a page that nobody waits for', () => {
      it('reverts with zero, or with the greatest number once it was shown', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement')
        const { leaves, proof } = answer(given, page)
        for (const other of [
          { ...page, number: 1n },
          { ...page, poolId: 7n },
          { ...page, leafCount: 129n },
          { ...page, root: `0x${'11'.repeat(24)}` },
          { ...page, tree: 0n },
        ]) {
          await expect(given.pages.reveal(other, leaves, proof))
            .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
            .withArgs(other.number, 0)
        }
        await given.pages.reveal(page, leaves, proof)
        await expect(given.pages.reveal(page, leaves, proof))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
          .withArgs(0, SHOWN)
      })
    })

    describe('given that the answer was due', () => {
      it('is taken in the last second, and reverts after it', async () => {
        const given = await pending()
        const [one, two] = [await demanded(given, 'settlement'), await demanded(given, 'settlement', 1n)]
        const shown = [answer(given, one), answer(given, two)] as const
        await time.setNextBlockTimestamp(await given.pages.answerBy(one))
        await given.pages.reveal(one, shown[0].leaves, shown[0].proof)
        const until = await given.pages.answerBy(two)
        await time.setNextBlockTimestamp(until + 1n)
        await expect(given.pages.reveal(two, shown[1].leaves, shown[1].proof))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_TooLate')
          .withArgs(until + 1n, until)
      })
    })

    describe('given the same root, cancelled and posted again in one block', () => {
      it('does not fail though the oracle counts no demand', async () => {
        const ground = await loadFixture(longEpoch)
        const published = told(ground)
        const { oracle, owner, operator, challenger } = ground
        const pages = ground.pageDemands.connect(challenger)
        const call = args({ published }, demandOf(published, 'settlement', 0n))
        // the price puts them in this order
        const sent = (price: bigint) => ({ gasLimit: 1_000_000, gasPrice: price * 10n ** 10n })
        await ethers.provider.send('evm_setAutomine', [false])
        await oracle.connect(operator).post(published.post, SIGNERS, '0x', sent(9n))
        await pages.demand(...call, sent(8n))
        await oracle.connect(owner).cancelPending(sent(7n))
        await oracle.connect(operator).post(published.post, SIGNERS, '0x', sent(6n))
        await ethers.provider.send('evm_mine', [])
        await ethers.provider.send('evm_setAutomine', [true])
        expect(await oracle.openDemands()).to.equal(0)
        const pool = published.manifest.leaves[0]!
        const page = {
          tree: 3n,
          poolId: BIG,
          root: pool.settlementRoot,
          leafCount: BigInt(LEAVES),
          number: 0n,
        }
        expect(await pages.answerBy(page)).to.equal(BigInt(await time.latest()) + BigInt(RESPONSE))
        const { leaves, proof } = answer({ published }, page)
        await pages.reveal(page, leaves, proof)
        expect(await pages.answerBy(page)).to.equal(SHOWN)
      })
    })
  })

  describe('revealPages', () => {
    /** The run of pages of the settlement, as it is shown. */
    function run(given: Given, number: bigint, levels: number) {
      const { root, leaves } = {
        root: given.published.manifest.leaves[0]!.settlementRoot,
        leaves: given.published.settlements.get(BIG)!,
      }
      const page = { tree: 3n, poolId: BIG, root, leafCount: BigInt(leaves.leaves.length), number }
      const parts = Array.from({ length: 1 << levels }, (_, i) =>
        answer(given, { ...page, number: number + BigInt(i) }),
      )
      return {
        page,
        leaves: concat(parts.map(part => part.leaves)),
        proof: dataSlice(parts[0]!.proof, 24 * levels),
      }
    }

    for (const [levels, number, count] of [
      [0, 3n, 1n],
      [1, 0n, 2n],
      [1, 2n, 2n],
      [2, 0n, 4n],
    ] as const) {
      it(`shows ${count} pages from ${number} on by one proof`, async () => {
        const given = await pending()
        for (let i = 0n; i < count; i++) await demanded(given, 'settlement', number + i)
        const { page, leaves, proof } = run(given, number, levels)
        await expect(given.pages.revealPages(page, levels, leaves, proof))
          .to.emit(given.pages, 'PagesRevealed')
          .withArgs(given.pendingHash, given.challenger.address, Object.values(page), count)
        for (let i = 0n; i < count; i++) {
          expect(await given.pages.answerBy({ ...page, number: number + i })).to.equal(SHOWN)
        }
        expect(await given.oracle.openDemands()).to.equal(0)
      })
    }

    it('passes over pages that were shown before or not demanded, and needs one that is waited for', async () => {
      const given = await pending()
      for (const number of [0n, 1n, 3n]) await demanded(given, 'settlement', number)
      const one = run(given, 1n, 0)
      await given.pages.reveal(one.page, one.leaves, one.proof)
      const { page, leaves, proof } = run(given, 0n, 2)
      await given.pages.revealPages(page, 2, leaves, proof)
      expect(await given.pages.answerBy({ ...page, number: 2n })).to.equal(0n)
      expect(await given.oracle.openDemands()).to.equal(0)
      await expect(given.pages.revealPages(page, 2, leaves, proof))
        .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
        .withArgs(0, SHOWN)
      await time.increaseTo(given.deadline)
      await given.oracle.finalize(given.published.post, SIGNERS)
    })

    describe('given a run that is under no node of the tree', () => {
      it('reverts with its start and height', async () => {
        const given = await pending()
        await demanded(given, 'settlement', 1n)
        const { page, leaves, proof } = run(given, 0n, 2)
        for (const [number, levels] of [
          [1n, 1],
          [2n, 2],
          [0n, 3],
          [0n, 255],
        ] as const) {
          await expect(given.pages.revealPages({ ...page, number }, levels, leaves, proof))
            .to.be.revertedWithCustomError(given.pages, 'PageDemands_NoSuchRun')
            .withArgs(number, levels)
        }
      })
    })

    describe('given a page that was due, other leaves, or a proof of another length', () => {
      it('reverts, and nothing is shown', async () => {
        const given = await pending()
        const first = await demanded(given, 'settlement')
        const { page, leaves, proof } = run(given, 0n, 1)
        await expect(
          given.pages.revealPages(page, 1, leaves.replace(/..$/, 'ff'), proof),
        ).to.be.revertedWithCustomError(given.pages, 'PostedTrees_NotInTree')
        await expect(given.pages.revealPages(page, 1, leaves, '0x'))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_WrongLength')
          .withArgs(0, 24)
        const until = await given.pages.answerBy(first)
        await time.setNextBlockTimestamp(until + 1n)
        await expect(given.pages.revealPages(page, 1, leaves, proof))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_TooLate')
          .withArgs(until + 1n, until)
        expect(await given.oracle.openDemands()).to.equal(1)
      })
    })

    it('costs less for all pages together than the demands did', async function () {
      if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
      const given = await pending()
      let asked = 0n
      for (let i = 0n; i < 4n; i++) {
        const sent = await given.pages.demand(...args(given, demandOf(given.published, 'settlement', i)))
        asked += (await sent.wait())!.gasUsed
      }
      const { page, leaves, proof } = run(given, 0n, 2)
      const shown = (await (await given.pages.revealPages(page, 2, leaves, proof)).wait())!.gasUsed
      expect(shown).to.be.at.most(asked)
    })
  })

  describe('rejectUnrevealed', () => {
    it('rejects a post whose page was not shown', async () => {
      const given = await pending()
      const page = await demanded(given, 'settlement', 3n)
      await time.setNextBlockTimestamp((await given.pages.answerBy(page)) + 1n)
      await expectRejected(
        given,
        given.pages.rejectUnrevealed(given.published.post, SIGNERS, page),
        UNREVEALED,
      )
      expect(await given.oracle.openDemands()).to.equal(0)
    })

    it('rejects a root that nobody knows, at whatever depth', async () => {
      for (const root of ['ledgerRoot', 'journalRoot', 'manifestRoot'] as const) {
        const given = await loadFixture(longEpoch)
        const published = told(given)
        const lie = { ...published, post: { ...published.post, [root]: `0x${'5a'.repeat(24)}` as const } }
        await post(given, lie.post)
        expect(findChallenge(lie)).to.equal(undefined)
        const [demand] = findDemands(lie)
        const pages = given.pageDemands.connect(given.challenger)
        const call = [lie.post, SIGNERS, POSTED_TREES.indexOf(demand!.tree), 0, NO_POOL] as const
        const page = asked(await pages.demand.staticCall(...call))
        await pages.demand(...call)
        await time.increase(RESPONSE + 1)
        await expectRejected(given, pages.rejectUnrevealed(lie.post, SIGNERS, page), UNREVEALED)
      }
    })

    describe('given that the answer is not yet due', () => {
      it('reverts with both times', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement')
        const until = await given.pages.answerBy(page)
        await time.setNextBlockTimestamp(until)
        await expect(given.pages.rejectUnrevealed(given.published.post, SIGNERS, page))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_TooEarly')
          .withArgs(until, until)
      })
    })

    describe('given a page that was shown, or not demanded', () => {
      it('reverts', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement')
        const { leaves, proof } = answer(given, page)
        await given.pages.reveal(page, leaves, proof)
        await time.increase(RESPONSE + 1)
        await expect(given.pages.rejectUnrevealed(given.published.post, SIGNERS, page))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
          .withArgs(0, SHOWN)
        await expect(given.pages.rejectUnrevealed(given.published.post, SIGNERS, { ...page, number: 1n }))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
          .withArgs(1, 0)
      })
    })

    describe('given the same root, posted again', () => {
      it('starts anew', async () => {
        const given = await pending()
        const page = await demanded(given, 'settlement')
        await given.oracle.cancelPending()
        await post(given, given.published.post)
        expect(await given.pages.answerBy(page)).to.equal(0)
        await time.increase(RESPONSE + 1)
        await expect(given.pages.rejectUnrevealed(given.published.post, SIGNERS, page))
          .to.be.revertedWithCustomError(given.pages, 'PageDemands_NotOpen')
          .withArgs(0, 0)
        await demanded(given, 'settlement')
      })
    })
  })
})
