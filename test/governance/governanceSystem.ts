import { time } from '@nomicfoundation/hardhat-network-helpers'
import { ethers } from 'hardhat'
import { emissionSystem } from '../rewards/emissionSystem'

export const DAY = 86_400
export const MIN_DELAY = 2 * DAY
export const OPEN = 10n ** 18n
export const SETTINGS = {
  votingDelay: DAY,
  votingPeriod: 3 * DAY,
  proposalThreshold: 1000n * OPEN,
  quorumPercent: 4,
  lateQuorumExtension: DAY,
}
export const ADMIN = 0n
export const GUARDIAN = 1n
export const Vote = { Against: 0, For: 1, Abstain: 2 } as const
export const State = {
  Pending: 0n,
  Active: 1n,
  Canceled: 2n,
  Defeated: 3n,
  Succeeded: 4n,
  Queued: 5n,
  Executed: 7n,
} as const

/**
 * The protocol under its governor, after the hand-over: the timelock has the supply but for alice's 5 %, bob's 6 %
 * and carol's single OPEN, all delegated to themselves. The guardian may pause claims and cancel a pending root.
 */
export async function governanceSystem() {
  const system = await emissionSystem()
  const { access, deployer, token, emissions } = system
  const [alice, bob, carol, guardian] = (await ethers.getSigners()).slice(4) as [
    Signer,
    Signer,
    Signer,
    Signer,
  ]
  const timelock = await ethers.deployContract('OpenTimelock', [
    ...[MIN_DELAY, [], [ethers.ZeroAddress], deployer],
  ])
  const governor = await ethers.deployContract('OpenGovernor', [token, timelock, SETTINGS])
  const oracle = await guardedOracle(system)

  await access.setTargetFunctionRole(
    oracle,
    (['cancelPending', 'pauseClaims', 'resumeClaims'] as const).map(
      name => oracle.interface.getFunction(name).selector,
    ),
    GUARDIAN,
  )
  await access.grantRole(GUARDIAN, guardian, 0)
  await access.grantRole(ADMIN, timelock, 0)
  await access.renounceRole(ADMIN, deployer)
  await timelock.grantRole(await timelock.PROPOSER_ROLE(), governor)
  await timelock.grantRole(await timelock.CANCELLER_ROLE(), governor)
  await timelock.renounceRole(await timelock.DEFAULT_ADMIN_ROLE(), deployer)

  const supply = await token.totalSupply()
  await token.transfer(alice, (supply * 5n) / 100n)
  await token.transfer(bob, (supply * 6n) / 100n)
  await token.transfer(carol, OPEN)
  await token.transfer(timelock, await token.balanceOf(deployer))
  for (const holder of [alice, bob, carol]) await token.connect(holder).delegate(holder)
  await time.increase(1)

  /** A change of the emissions' fee cap, as `propose` and its siblings take it. */
  const feeCap = {
    targets: [await emissions.getAddress()],
    values: [0n],
    calldatas: [emissions.interface.encodeFunctionData('setFeeCap', [5000, 7n])],
    description: 'Cap the emission at half of the fees',
  }
  return { ...system, alice, bob, carol, guardian, timelock, governor, oracle, feeCap }
}

type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number]
export type GovernanceSystem = Awaited<ReturnType<typeof governanceSystem>>
export type Proposal = GovernanceSystem['feeCap']

export const proposalArgs = ({ targets, values, calldatas }: Proposal) =>
  [targets, values, calldatas] as const
export const descriptionHash = ({ description }: Proposal) => ethers.id(description)

/** Proposes as alice and returns the id; the vote is open when it returns. */
export async function proposed(system: GovernanceSystem, proposal = system.feeCap) {
  const { governor, alice } = system
  await governor.connect(alice).propose(...proposalArgs(proposal), proposal.description)
  const id = await governor.getProposalId(...proposalArgs(proposal), descriptionHash(proposal))
  await time.increaseTo((await governor.proposalSnapshot(id)) + 1n)
  return id
}

/** Proposes, has it won by alice's votes, and queues it. */
export async function queued(system: GovernanceSystem, proposal = system.feeCap) {
  const id = await proposed(system, proposal)
  await system.governor.connect(system.alice).castVote(id, Vote.For)
  await time.increaseTo((await system.governor.proposalDeadline(id)) + 1n)
  await system.governor.getFunction('queue(uint256)')(id)
  return id
}

/** Passes a proposal through vote and delay and executes it. */
export async function executed(system: GovernanceSystem, proposal: Proposal) {
  const id = await queued(system, proposal)
  await time.increaseTo(await system.governor.proposalEta(id))
  await system.governor.getFunction('execute(uint256)')(id)
}

async function guardedOracle(system: Awaited<ReturnType<typeof emissionSystem>>) {
  const { token, access, deployer, escrow, datanets } = system
  const operatorSet = await ethers.deployContract('OperatorSet', [token, access, deployer, 1, 7 * DAY])
  const vault = await ethers.deployContract('RewardVault', [token, deployer, 1])
  const oracle = await ethers.deployContract('AttributionOracle', [
    ...[operatorSet, escrow, vault, datanets, access, DAY, ethers.ZeroAddress],
  ])
  await vault.setOracle(oracle)
  return oracle
}
