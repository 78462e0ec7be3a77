import { time } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { id } from 'ethers'

import { DAY, FAULTS, OPEN } from './cast'
import type { World } from './world'

const FOR = 1
export const WINDOW = 5 * DAY
export const WEIGHTS = { ids: [1, 2, 3], bps: [5_000, 3_000, 2_000] }
export const GRANT = 1_000_000n * OPEN

/** What the timelock is to do: a contract of the system and its encoded call. */
interface Action {
  readonly to: string
  readonly data: string
}

/** Holders make their own votes count; tokens that vest have none. */
export async function delegate({ system: { token }, cast }: World): Promise<void> {
  for (const holder of [cast.market, cast.foundation]) {
    await token.connect(holder).delegate(holder)
    expect(await token.getVotes(holder)).to.equal(await token.balanceOf(holder))
  }
}

/** The challenge window shrinks, ten operators are appointed: by a proposal, and by nothing less. */
export async function appointOperators(world: World): Promise<void> {
  const { system, cast } = world
  const { attributionOracle, operatorSet } = system
  await expect(attributionOracle.connect(cast.market).setChallengeWindow(WINDOW))
    .to.be.revertedWithCustomError(attributionOracle, 'AccessManagedUnauthorized')
    .withArgs(cast.market)
  const operators = cast.operators.map(({ address }) => address)
  await pass(world, 'A window of five days; ten operators, of whom three may lie', [
    {
      to: await attributionOracle.getAddress(),
      data: attributionOracle.interface.encodeFunctionData('setChallengeWindow', [WINDOW]),
    },
    {
      to: await operatorSet.getAddress(),
      data: operatorSet.interface.encodeFunctionData('setOperators', [operators, FAULTS, 1]),
    },
  ])
  expect(await attributionOracle.challengeWindow()).to.equal(WINDOW)
  expect(await operatorSet.membersOf(1)).to.deep.equal([operators, BigInt(FAULTS)])
}

/** The datanets' parts of the emissions, and a grant out of the treasury. */
export async function weighDatanets(world: World): Promise<void> {
  const { system, cast } = world
  const { emissionController, token } = system
  const before = await token.balanceOf(cast.foundation)
  await pass(world, 'Emissions for three datanets, a grant for the foundation', [
    {
      to: await emissionController.getAddress(),
      data: emissionController.interface.encodeFunctionData('setWeights', [WEIGHTS.ids, WEIGHTS.bps]),
    },
    {
      to: await token.getAddress(),
      data: token.interface.encodeFunctionData('transfer', [cast.foundation.address, GRANT]),
    },
  ])
  expect(await emissionController.weights()).to.deep.equal([WEIGHTS.ids.map(BigInt), WEIGHTS.bps.map(BigInt)])
  expect(await token.balanceOf(cast.foundation)).to.equal(before + GRANT)
}

/** Seats of those that lied go to others, the last liar gets another chance: from an epoch that nobody works on yet. */
export async function replaceLiars(world: World, liars: readonly number[], fromEpoch: number): Promise<void> {
  const { system, cast } = world
  const { operatorSet } = system
  const seats = cast.operators.map(({ address }) => address)
  for (const [i, { address }] of cast.newOperators.entries()) seats[liars[i]!] = address
  await pass(world, 'New operators for the seats of the liars', [
    {
      to: await operatorSet.getAddress(),
      data: operatorSet.interface.encodeFunctionData('setOperators', [seats, FAULTS, fromEpoch]),
    },
  ])
  expect(await operatorSet.membersOf(fromEpoch)).to.deep.equal([seats, BigInt(FAULTS)])
}

/** Proposed, voted, queued in the timelock, executed by anyone. */
async function pass({ system, cast }: World, description: string, actions: readonly Action[]): Promise<void> {
  const { governor } = system
  const proposal = [
    actions.map(({ to }) => to),
    actions.map(() => 0n),
    actions.map(({ data }) => data),
  ] as const
  await governor.connect(cast.market).propose(...proposal, description)
  const proposalId = await governor.getProposalId(...proposal, id(description))
  await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n)
  for (const voter of [cast.market, cast.foundation]) await governor.connect(voter).castVote(proposalId, FOR)
  await time.increaseTo((await governor.proposalDeadline(proposalId)) + 1n)
  await governor.connect(cast.anyone)['queue(uint256)'](proposalId)
  await time.increaseTo(await governor.proposalEta(proposalId))
  await expect(governor.connect(cast.anyone)['execute(uint256)'](proposalId))
    .to.emit(governor, 'ProposalExecuted')
    .withArgs(proposalId)
}
