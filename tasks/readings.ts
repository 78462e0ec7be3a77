// Tasks that only read: no key is needed.
import { formatEther, ParamType } from 'ethers'
import { task, types } from 'hardhat/config'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { abiValue } from '../scripts/abiArguments'
import { ProtocolError, type Fault } from '../scripts/errors'
import type { System } from '../scripts/system'
import { action } from './action'
import { builds } from './builds'
import { readableSystem, signerOfTask } from './connection'
import { connected } from './options'

/** The fields that readings ask for, as their ABI types are in memory. */
interface ReadingValues {
  readonly account: string
  readonly proposal: bigint
  readonly dispute: bigint
  readonly datanet: bigint
  readonly model: bigint
  readonly epoch: bigint
}

interface Reading {
  readonly task: string
  readonly description: string
  readonly fields: readonly {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly fallback?: string
  }[]
  readonly read: (system: System, values: ReadingValues) => Promise<object>
}

const ACCOUNT = {
  name: 'account',
  help: 'Whose (default: the first account)',
  type: 'address',
  fallback: 'sender',
}

const READINGS: readonly Reading[] = [
  {
    task: 'token:balances',
    description: 'Shows what an account holds, was paid, stakes, deposited and can collect',
    fields: [ACCOUNT],
    read: async (system, { account }) => {
      const { token, staking, inferencePayments, operatorSet, disputeCourt } = system
      return named({
        account: Promise.resolve(account),
        balance: open(token.balanceOf(account)),
        votes: open(token.getVotes(account)),
        delegate: token.delegates(account),
        paidRewards: open(token.paid(account)),
        staked: open(staking.stakeOf(account)),
        stakingReward: open(staking.rewardOf(account)),
        slashCredit: open(staking.creditOf(account)),
        deposit: open(inferencePayments.depositOf(account)),
        operatorBond: open(operatorSet.bondOf(account)),
        challengeReward: open(operatorSet.rewardOf(account)),
        courtCredit: open(disputeCourt.creditOf(account)),
      })
    },
  },
  {
    task: 'vesting:show',
    description: 'Shows every vesting wallet of the genesis',
    fields: [],
    read: async system => {
      const wallets = await builds().vesting.showVesting(system)
      return Object.fromEntries(
        wallets.map(({ group, wallet, owner, start, end, released, releasable, held }) => {
          const amounts = `holds ${formatEther(held)} OPEN, ${formatEther(releasable)} to release, ${formatEther(released)} released`
          return [`${group} ${wallet}`, `owner ${owner}, ${start} to ${end}: ${amounts}`]
        }),
      )
    },
  },
  {
    task: 'governance:state',
    description: 'Shows a proposal: its state, votes, times and calls',
    fields: [{ name: 'proposal', help: 'Id of the proposal', type: 'uint256' }],
    read: (system, { proposal }) => builds().proposals.showProposal(system, proposal),
  },
  {
    task: 'dispute:show',
    description: 'Shows a dispute',
    fields: [{ name: 'dispute', help: 'Id of the dispute', type: 'uint256' }],
    read: async ({ disputeCourt }, { dispute }) => fieldsOf(await disputeCourt.disputeOf(dispute)),
  },
  {
    task: 'datanet:show',
    description: 'Shows a datanet, its terms and parents',
    fields: [{ name: 'datanet', help: 'Id of the datanet', type: 'uint32' }],
    read: async ({ datanetRegistry }, { datanet }) => {
      const { owner, policy, metadataDigest } = await datanetRegistry.datanetOf(datanet)
      const { terms, version } = await datanetRegistry.termsOf(datanet)
      const listed = ({ ids, bps }: { ids: bigint[]; bps: bigint[] }) =>
        ids.map((id, i) => `${id} (${bps[i]} bps)`).join(', ') || 'none'
      const parents = listed(await datanetRegistry.parentsOf(datanet))
      const pending = await datanetRegistry.pendingParentsOf(datanet)
      return {
        owner,
        policy,
        metadataDigest,
        termsVersion: version,
        ...fieldsOf(terms),
        parents,
        ...(pending.effectiveAt > 0n && {
          announcedParents: listed(pending),
          announcedFrom: pending.effectiveAt,
        }),
      }
    },
  },
  {
    task: 'model:show',
    description: 'Shows a model',
    fields: [{ name: 'model', help: 'Id of the model', type: 'uint32' }],
    read: async ({ modelRegistry }, { model }) => fieldsOf(await modelRegistry.modelOf(model)),
  },
  {
    task: 'contributor:show',
    description: 'Shows the payout rules of an account and its index',
    fields: [ACCOUNT],
    read: async ({ contributorRegistry, datanetRegistry }, { account }) => {
      const { registered, index } = await datanetRegistry.contributorIndexOf(account)
      const rules = fieldsOf(await contributorRegistry.rulesOf(account))
      return { account, contributorIndex: registered ? index : 'none', ...rules }
    },
  },
  {
    task: 'operator:show',
    description: 'Shows the operators of an epoch',
    fields: [{ name: 'epoch', help: 'Number of the epoch', type: 'uint32' }],
    read: async ({ operatorSet }, { epoch }) => {
      const [members, faults] = await operatorSet.membersOf(epoch)
      const lines = await Promise.all(
        members.map(async (member, i) => {
          const [active, bond] = await Promise.all([operatorSet.isActive(member), operatorSet.bondOf(member)])
          return [
            `operator ${i}`,
            `${member}, ${active ? 'active' : 'not active'}, bond ${formatEther(bond)} OPEN`,
          ]
        }),
      )
      return { epoch, faults, signaturesNeeded: faults + 1n, ...Object.fromEntries(lines) }
    },
  },
]

type ReadingArguments = {
  readonly records?: string
  readonly from?: string
  readonly json: boolean
} & Readonly<Record<string, unknown>>

for (const reading of READINGS) register(reading)

function register({ task: name, description, fields, read }: Reading): void {
  const definition = connected(task(name, description))
  for (const { name: field, help, fallback } of fields) {
    if (fallback === undefined) definition.addParam(field, help, undefined, types.string)
    else definition.addOptionalParam(field, help, fallback, types.string)
  }
  definition.setAction(
    action<ReadingArguments>(async (args: ReadingArguments, hre: HardhatRuntimeEnvironment) => {
      const faults: Fault[] = []
      const values: Record<string, unknown> = {}
      for (const { name: field, type, fallback } of fields) {
        const given = args[field] ?? fallback
        const value = given === 'sender' ? await (await signerOfTask(hre, args.from)).getAddress() : given
        values[field] = abiValue(ParamType.from(type), value, field, faults)
      }
      if (faults.length > 0) throw new ProtocolError('ARGUMENTS_INVALID', { task: name, faults })
      const system = await readableSystem(hre, args.records)
      const result = await refusing(name, read(system, values as unknown as ReadingValues))
      const { readable } = builds().calls
      const lines = Object.entries(result).map(([field, value]) => `  ${field}: ${readable(value)}`)
      return { text: [name, ...lines].join('\n'), json: result }
    }),
  )
}

// A view refuses what does not exist, with a custom error like every other call.
async function refusing(call: string, reading: Promise<object>): Promise<object> {
  return reading.catch(cause => {
    if (cause instanceof ProtocolError) throw cause
    throw new ProtocolError(
      'TRANSACTION_REVERTED',
      { call, got: builds().calls.knownReason(cause) },
      { cause },
    )
  })
}

function fieldsOf(struct: unknown): object {
  return builds().calls.plain(struct) as object
}

async function named(reads: Readonly<Record<string, Promise<unknown>>>): Promise<object> {
  const entries = Object.entries(reads).map(async ([name, read]) => [name, await read] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function open(amount: Promise<bigint>): Promise<string> {
  return `${formatEther(await amount)} OPEN`
}
