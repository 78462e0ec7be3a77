import { id } from 'ethers'

import { ProtocolError } from './errors'
import { systemCall, type ProtocolCall } from './protocolCall'
import type { System } from './system'

/** The states of a proposal, in the order of the contract's enum. */
export const PROPOSAL_STATES = [
  'pending',
  'active',
  'canceled',
  'defeated',
  'succeeded',
  'queued',
  'expired',
  'executed',
] as const

/** How a vote is cast, in the order of the contract's enum. */
export const VOTES = ['against', 'for', 'abstain'] as const

/** A proposal that the timelock makes these calls. */
export function proposeCall(
  system: System,
  calls: readonly ProtocolCall[],
  description: string,
): ProtocolCall {
  return systemCall(system, `the proposal "${description}"`, 'governor', 'propose', [
    calls.map(({ to }) => to),
    calls.map(() => 0n),
    calls.map(({ abi, method, args }) => abi.encodeFunctionData(method, args)),
    description,
  ])
}

export interface ProposalView {
  readonly proposalId: bigint
  readonly state: (typeof PROPOSAL_STATES)[number]
  readonly proposer: string
  readonly description: string
  readonly descriptionHash: string
  /** Unix seconds: when votes are counted as of, when voting ends, when it can be executed (0: not queued). */
  readonly snapshot: bigint
  readonly deadline: bigint
  readonly eta: bigint
  /** Wei of votes. */
  readonly against: bigint
  readonly for: bigint
  readonly abstain: bigint
  /** What it calls, decoded where the target is a contract of the system. */
  readonly calls: readonly string[]
}

/** A proposal as the chain tells it. @throws ProtocolError ARGUMENT_INVALID when there is no such proposal. */
export async function showProposal(system: System, proposalId: bigint): Promise<ProposalView> {
  const { governor, record } = system
  const logs = await governor.queryFilter(governor.filters.ProposalCreated(), record.blockNumber)
  const created = logs.find(({ args }) => args.proposalId === proposalId)?.args
  if (created === undefined) {
    const data = {
      name: 'proposal',
      got: String(proposalId),
      expected: 'the id of a proposal of this governor',
    }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  const [state, deadline, snapshot, eta, votes] = await Promise.all([
    governor.state(proposalId),
    governor.proposalDeadline(proposalId),
    governor.proposalSnapshot(proposalId),
    governor.proposalEta(proposalId),
    governor.proposalVotes(proposalId),
  ])
  return {
    proposalId,
    state: PROPOSAL_STATES[Number(state)] ?? 'pending',
    proposer: created.proposer,
    description: created.description,
    descriptionHash: id(created.description),
    snapshot,
    deadline,
    eta,
    against: votes.againstVotes,
    for: votes.forVotes,
    abstain: votes.abstainVotes,
    calls: created.targets.map((target, i) => shownCall(system, target, created.calldatas[i] ?? '0x')),
  }
}

function shownCall(system: System, target: string, data: string): string {
  for (const [name, { address }] of Object.entries(system.record.contracts)) {
    if (address !== target) continue
    const contract = system[name as keyof typeof system.record.contracts]
    const parsed = contract.interface.parseTransaction({ data })
    if (parsed !== null) return `${name}.${parsed.name}(${parsed.args.map(String).join(', ')})`
  }
  return `${target} ${data}`
}
