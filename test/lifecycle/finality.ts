import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'

import { findChallenge, findDemands } from '../../attribution-oracle/src/settlement'
import { lastFinalPost } from '../../scripts/postFile'
import { type SettledEpoch, leavesOf, published } from './epochs'
import { signedBy } from './operators'
import type { World } from './world'

/** Who posts honestly: 4 of 10. */
export const HONEST = [0, 2, 4, 9]
/** With one who took a liar's seat, and one who bonded anew after its lie. */
export const RENEWED = [0, 5, 8, 9]

const NO_ROOT = `0x${'00'.repeat(24)}`

/** Four of ten operators sign what the prover finds nothing wrong with; one of them sends. */
export async function post(world: World, epoch: SettledEpoch, seats: readonly number[]): Promise<void> {
  const posted = published(world, leavesOf(epoch), epoch.facts, world.epochs.at(-1))
  expect(posted.post).to.deep.equal(epoch.post)
  expect(findChallenge(posted)).to.equal(undefined)
  expect([...findDemands(posted)]).to.deep.equal([])
  const { sender, signers, signatures } = await signedBy(world, epoch.post, seats)
  const { attributionOracle } = world.system
  const sent = attributionOracle.connect(sender).post(epoch.post, signers, signatures)
  await expect(sent).to.emit(attributionOracle, 'RootPosted')
  expect((await attributionOracle.pending()).deadline).to.equal(
    BigInt(await time.latest()) + (await attributionOracle.challengeWindow()),
  )
  world.epochs.push(epoch)
}

/** After the window, and not before, anybody makes the pending post final. */
export async function finalize(
  { system, cast }: World,
  { post }: SettledEpoch,
  seats: readonly number[],
): Promise<void> {
  const oracle = system.attributionOracle.connect(cast.anyone)
  await expect(oracle.finalize(post, signersOf(seats))).to.be.revertedWithCustomError(
    oracle,
    'AttributionOracle_TooEarly',
  )
  await time.increase(await oracle.challengeWindow())
  await oracle.finalize(post, signersOf(seats))
  await expectFinal(system, post)
}

/** The pending post becomes final and the next one is posted, in one transaction. */
export async function advance(
  world: World,
  pending: SettledEpoch,
  next: SettledEpoch,
  seats: readonly number[],
): Promise<void> {
  const { attributionOracle } = world.system
  const { sender, signers, signatures } = await signedBy(world, next.post, seats)
  await time.increase(await attributionOracle.challengeWindow())
  await attributionOracle
    .connect(sender)
    .advance(pending.post, signersOf(HONEST), next.post, signers, signatures)
  await expectFinal(world.system, pending.post)
  expect((await attributionOracle.pending()).deadline).to.be.greaterThan(0n)
  world.epochs.push(next)
}

/** The guardian holds claims back and lets them go on; nobody else resumes early. */
export async function pauseAndResume({ system, cast }: World): Promise<void> {
  const { attributionOracle, rewardVault } = system
  const oracle = attributionOracle.connect(cast.guardian)
  const last = await lastFinalPost(system)
  await oracle.pauseClaims()
  expect((await rewardVault.root()).ledgerRoot).to.equal(NO_ROOT)
  await expect(
    rewardVault.connect(cast.anyone).claim(0, cast.holders[0]!, 1n, 0n, '0x'),
  ).to.be.revertedWithCustomError(rewardVault, 'RewardVault_Paused')
  await expect(attributionOracle.connect(cast.anyone).resumeClaims(last))
    .to.be.revertedWithCustomError(attributionOracle, 'AccessManagedUnauthorized')
    .withArgs(cast.anyone)
  await oracle.resumeClaims(last)
  expect((await rewardVault.root()).ledgerRoot).to.equal(last.ledgerRoot)
}

async function expectFinal(
  { attributionOracle, rewardEscrow, rewardVault }: World['system'],
  { epoch, ledgerRoot, total }: SettledEpoch['post'],
): Promise<void> {
  expect(await attributionOracle.finalEpoch()).to.equal(epoch)
  expect(await attributionOracle.finalTotal()).to.equal(total)
  expect(await rewardEscrow.totalReleased()).to.equal(total)
  expect(await rewardVault.root()).to.deep.equal([ledgerRoot, BigInt(epoch), 0n])
}

/** Bit i for seat i. */
export function signersOf(seats: readonly number[]): number {
  return seats.reduce((mask, seat) => mask | (1 << seat), 0)
}
