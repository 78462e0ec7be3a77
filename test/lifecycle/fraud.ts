import { takeSnapshot } from '@nomicfoundation/hardhat-network-helpers'
import { anyValue } from '@nomicfoundation/hardhat-chai-matchers/withArgs'
import { expect } from 'chai'
import { FunctionFragment } from 'ethers'

import { challengeCall } from '../../attribution-oracle/src/chain/challengeCalls'
import type { Post } from '../../attribution-oracle/src/domain'
import { findChallenge } from '../../attribution-oracle/src/settlement'
import { leavesOf, published, type SettledEpoch } from './epochs'
import type { Lie } from './lies'
import { BOND, onSeats, signedBy } from './operators'
import type { World } from './world'

/** Who lies together about epoch 1: exactly a quorum. */
export const COLLUDERS = [5, 6, 7, 8]

/** Runs something on the chain and takes it back. */
export async function undone<T>(run: () => Promise<T>): Promise<T> {
  const before = await takeSnapshot()
  try {
    return await run()
  } finally {
    await before.restore()
  }
}

/**
 * A quorum posts a lie; the prover finds it in what was published; one transaction brings the post and the quorum down.
 * @returns the name of the challenge's function
 */
export async function catchLie(
  world: World,
  honest: SettledEpoch,
  lie: Lie,
  seats: readonly number[],
): Promise<string> {
  const { system, cast, epochs } = world
  const leaves = leavesOf(honest)
  lie.tell(leaves)
  const posted = published(world, leaves, honest.facts, epochs.at(-1))
  const signers = await postAs(world, posted.post, seats)
  const challenge = findChallenge(posted)
  expect(challenge?.kind, lie.name).to.equal(lie.kind)
  const { contract, data } = challengeCall(posted.post, signers, challenge!)
  const to = await system[contract].getAddress()
  await expect(cast.challenger.sendTransaction({ to, data }))
    .to.emit(system.attributionOracle, 'RootRejected')
    .withArgs(posted.post.epoch, cast.challenger, signers, anyValue)
  await expectFallen(world, posted.post, seats)
  return system[contract].interface.parseTransaction({ data })!.name
}

/** Every function of the two contracts that proves a lie was called by some proof. */
export function expectAllTried({ system }: World, tried: ReadonlySet<string>): void {
  const functions = [system.fraudProofs, system.settlementProofs].flatMap(contract =>
    contract.interface.fragments.filter(FunctionFragment.isFragment).map(({ name }) => name),
  )
  expect([...tried]).to.have.members(functions.filter(name => name.startsWith('challenge')))
}

/** The liars' bonds are divided, half burned, half for the challenger, who takes its part. */
export async function settleSlashes(world: World, seats: readonly number[]): Promise<void> {
  const { system, cast } = world
  const { operatorSet, token } = system
  const liars = await onSeats(world, 1, seats)
  const supply = await token.totalSupply()
  for (const liar of liars) await operatorSet.connect(cast.anyone).settleSlash(liar)
  const rewarded = BigInt(liars.length) * (BOND / 2n)
  expect(await token.totalSupply()).to.equal(supply - BigInt(liars.length) * BOND + rewarded)
  await expect(operatorSet.connect(cast.challenger).collectReward()).to.changeTokenBalances(
    token,
    [operatorSet, cast.challenger],
    [-rewarded, rewarded],
  )
}

/** Posts with the seats' signatures; returns whose they are. */
export async function postAs(world: World, post: Post, seats: readonly number[]): Promise<number> {
  const { sender, signers, signatures } = await signedBy(world, post, seats)
  await world.system.attributionOracle.connect(sender).post(post, signers, signatures)
  return signers
}

/** Nothing is pending any more, and whoever signed has lost the bond to the challenger. */
export async function expectFallen(world: World, post: Post, seats: readonly number[]): Promise<void> {
  const { attributionOracle, operatorSet } = world.system
  expect(await attributionOracle.pending()).to.deep.equal([`0x${'00'.repeat(24)}`, 0n])
  for (const operator of await onSeats(world, post.epoch, seats)) {
    expect(await operatorSet.isActive(operator)).to.equal(false)
    expect(await operatorSet.slashedBy(operator)).to.equal(world.cast.challenger.address)
  }
}
