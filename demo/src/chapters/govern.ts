import { id, type HDNodeWallet } from 'ethers'
import { DemoError } from '../errors'
import type { Report } from '../report'
import { OPEN, passTime, type Stage, type World } from '../world'

/** What two holders get to vote with: together more than the quorum of four percent of the supply. */
const VOTES = [30_000_000n * OPEN, 15_000_000n * OPEN]
const FOR = 1
const EXECUTED = 7n

/**
 * Nobody may set emission weights but governance: two holders delegate, propose, vote, wait for the timelock and
 * execute. The waiting is done by moving the chain's clock; nothing else is cut short.
 */
export async function govern(world: World, stage: Stage): Promise<Report['governance']> {
  const { roles, gas, terminal } = world
  const { token, governor, emissionController, parameters } = stage.system
  for (const [i, holder] of roles.holders.entries()) {
    await gas.mined('hand out OPEN', token.transfer(holder, VOTES[i]!))
    await gas.mined('delegate votes', token.connect(holder).delegate(holder))
  }
  // votes count as of a moment before the voting, so that they must be there already
  await passTime(world, 1n)
  const description = `Emit to Datanet ${stage.datanetId}`
  const weights = emissionController.interface.encodeFunctionData('setWeights', [[stage.datanetId], [10_000]])
  const calls: Calls = [[await emissionController.getAddress()], [0n], [weights]]
  const action: Action = [...calls, id(description)]
  const [proposer] = roles.holders as [HDNodeWallet]
  const started = await timeOf(world)
  await gas.mined('propose', governor.connect(proposer).propose(...calls, description))
  const proposalId = await governor.hashProposal(...action)

  const { votingDelay, votingPeriod, timelockDelay } = parameters.governance
  await passTime(world, BigInt(votingDelay) + 1n)
  for (const holder of roles.holders)
    await gas.mined('vote', governor.connect(holder).castVote(proposalId, FOR))
  await passTime(world, BigInt(votingPeriod) + 1n)
  const anyone = governor.connect(roles.watcher)
  await gas.mined('queue a proposal', anyone['queue(address[],uint256[],bytes[],bytes32)'](...action))
  const execute = anyone['execute(address[],uint256[],bytes[],bytes32)']
  await refusedYet(execute.staticCall(...action))
  await passTime(world, BigInt(timelockDelay) + 1n)
  await gas.mined('execute a proposal', execute(...action))

  const [state, votes, quorum] = await Promise.all([
    governor.state(proposalId),
    governor.proposalVotes(proposalId),
    governor.quorum(await governor.proposalSnapshot(proposalId)),
  ])
  if (state !== EXECUTED)
    throw new DemoError('DISAGREEMENT', { what: 'the proposal', got: String(state), expected: 'executed' })
  const days = ((await timeOf(world)) - started) / 86_400
  terminal.fact(
    `"${description}" passed with ${millions(votes.forVotes)} million votes, ${millions(quorum)} million needed, and took effect after ${days.toFixed(0)} days of the chain's clock`,
  )
  const roleless = await deployerHasNoRole(world, stage)
  terminal.fact(
    roleless
      ? 'the account that deployed everything holds no right over any of it'
      : 'THE DEPLOYER STILL HOLDS A RIGHT',
  )
  return {
    description,
    proposalId: String(proposalId),
    votesFor: String(votes.forVotes),
    quorum: String(quorum),
    days,
    deployerHasNoRole: roleless,
  }
}

/** Targets, values and call data of a proposal, and the hash of its description. */
type Calls = [string[], bigint[], string[]]
type Action = [...Calls, string]

async function timeOf({ chain }: World): Promise<number> {
  return (await chain.provider.getBlock('latest'))!.timestamp
}

/** The timelock has to refuse what comes too early: if it does not, the demo must not go on. */
async function refusedYet(execution: Promise<unknown>): Promise<void> {
  const refused = await execution.then(
    () => false,
    () => true,
  )
  if (!refused) {
    const what = 'an execution before the timelock has run out'
    throw new DemoError('DISAGREEMENT', { what, got: 'accepted', expected: 'refused' })
  }
}

async function deployerHasNoRole(
  { roles }: World,
  { system: { access, timelock } }: Stage,
): Promise<boolean> {
  const deployer = roles.owner.address
  const managed = await Promise.all([0n, 1n, 2n, 3n].map(role => access.hasRole(role, deployer)))
  const names = ['DEFAULT_ADMIN_ROLE', 'PROPOSER_ROLE', 'CANCELLER_ROLE'] as const
  const timelocked = await Promise.all(
    names.map(async name => timelock.hasRole(await timelock[name](), deployer)),
  )
  return [...managed.map(([isMember]) => isMember), ...timelocked].every(held => !held)
}

const millions = (wei: bigint): string => (Number(wei / OPEN) / 1e6).toFixed(0)
