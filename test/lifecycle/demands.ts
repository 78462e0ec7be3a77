import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { dataSlice, id } from 'ethers'

import { POSTED_TREES, type PageDemand, type Post } from '../../attribution-oracle/src/domain'
import { answerOf, findDemands } from '../../attribution-oracle/src/settlement'
import type { IPageDemands } from '../../typechain-types/contracts/oracle/PageDemands'
import { type SettledEpoch, leavesOf, published } from './epochs'
import { expectFallen, postAs } from './fraud'
import type { World } from './world'

const UNREVEALED = 9n

/** What a demand ignores unless it is for a settlement. */
const NO_POOL = {
  position: 0,
  poolId: 0n,
  settlementRoot: `0x${'00'.repeat(24)}`,
  leafCount: 0,
  totalWeight: 0n,
  amount: 0n,
  cumulative: 0n,
  prefix: 0n,
  proof: '0x',
}

/** A root over leaves that nobody knows: it never becomes final, and falls for its silence. */
export async function catchSilence(
  world: World,
  honest: SettledEpoch,
  seats: readonly number[],
): Promise<void> {
  const { system, cast } = world
  const { attributionOracle } = system
  const pageDemands = system.pageDemands.connect(cast.challenger)
  const journalRoot = dataSlice(id('leaves that nobody knows'), 0, 24) as Post['journalRoot']
  const post = { ...honest.post, journalRoot }
  const posted = { ...published(world, leavesOf(honest), honest.facts), post, journal: undefined }
  const signers = await postAs(world, post, seats)
  const [hidden] = [...findDemands(posted)]
  expect(hidden).to.include({ tree: 'journal', number: 0n })
  const page = await demand(world, post, signers, hidden!)
  await expect(pageDemands.rejectUnrevealed(post, signers, page))
    .to.be.revertedWithCustomError(pageDemands, 'PageDemands_TooEarly')
    .withArgs((await time.latest()) + 1, await pageDemands.answerBy(page))
  await time.increase(await attributionOracle.challengeWindow())
  await expect(attributionOracle.connect(cast.anyone).finalize(post, signers))
    .to.be.revertedWithCustomError(attributionOracle, 'AttributionOracle_DemandsOpen')
    .withArgs(1n)
  await expect(pageDemands.rejectUnrevealed(post, signers, page))
    .to.emit(attributionOracle, 'RootRejected')
    .withArgs(post.epoch, cast.challenger, signers, UNREVEALED)
  await expectFallen(world, post, seats)
}

/** Somebody demands a page of the ledger, anybody shows it: the post stands. */
export async function demandAndReveal(world: World, epoch: SettledEpoch, signers: number): Promise<void> {
  const { attributionOracle, pageDemands } = world.system
  const wanted: PageDemand = { tree: 'ledger', number: 3n, pool: undefined }
  const page = await demand(world, epoch.post, signers, wanted)
  expect(await attributionOracle.openDemands()).to.equal(1n)
  const { poolId, leafCount, number } = page
  const { leaves, proof } = answerOf(
    { tree: 'ledger', poolId, root: epoch.post.ledgerRoot, leafCount, number },
    epoch.settlement.ledger,
  )
  await expect(pageDemands.connect(world.cast.anyone).reveal(page, leaves, proof)).to.emit(
    pageDemands,
    'PagesRevealed',
  )
  expect(await attributionOracle.openDemands()).to.equal(0n)
}

/** Demands a page; returns what has to be shown. */
async function demand({ system, cast }: World, post: Post, signers: number, { tree, number }: PageDemand) {
  const pageDemands = system.pageDemands.connect(cast.challenger)
  const args = [post, signers, POSTED_TREES.indexOf(tree), number, NO_POOL] as const
  const page: IPageDemands.PageStructOutput = await pageDemands.demand.staticCall(...args)
  await pageDemands.demand(...args)
  const { tree: named, poolId, root, leafCount, number: of } = page
  return { tree: named, poolId, root, leafCount, number: of }
}
