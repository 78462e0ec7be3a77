import { AbiCoder, concat, id, keccak256, toBeHex, ZeroHash } from 'ethers'

import type { Read } from './systemChecks'
import type { SystemLog } from './systemLogs'
import type { System } from './system'

/**
 * Operations that stand in the timelock, or ran through it, without a proposal that passed. The timelock does not tell
 * who scheduled one, but the governor queues a proposal and schedules its operation in one transaction, and the
 * operation's id follows from the proposal.
 */
export function timelockOperationReads({ record }: System, logs: readonly SystemLog[]): Read[] {
  const governor = record.contracts.governor.address
  const operations = new Map(
    logsOf(logs, 'governor', 'ProposalCreated').map(log => [
      String(log.args.getValue('proposalId')),
      operationOf(governor, log),
    ]),
  )
  const queued = new Set(
    logsOf(logs, 'governor', 'ProposalQueued').map(({ args, transactionHash }) => {
      return `${transactionHash} ${operations.get(String(args.getValue('proposalId')))}`
    }),
  )
  const strangers = new Map<string, string>()
  for (const log of logs.filter(({ contract }) => contract === 'timelock')) {
    const { name, args, transactionHash, blockNumber } = log
    if (name !== 'CallScheduled' && name !== 'Cancelled' && name !== 'CallExecuted') continue
    const operation = String(args.getValue('id'))
    if (name === 'CallScheduled' && !queued.has(`${transactionHash} ${operation}`)) {
      strangers.set(operation, `${operation}, scheduled in block ${blockNumber}`)
    }
    if (name === 'Cancelled') strangers.delete(operation)
    if (name === 'CallExecuted' && strangers.has(operation)) {
      strangers.set(operation, `${operation}, executed in block ${blockNumber}`)
    }
  }
  const got = [...strangers.values()].join('; ') || 'none'
  return [['timelock operations without a proposal', Promise.resolve(got), 'none']]
}

function logsOf(logs: readonly SystemLog[], contract: string, event: string): SystemLog[] {
  return logs.filter(log => log.contract === contract && log.name === event)
}

// As the governor and the timelock of OpenZeppelin compute it.
function operationOf(governor: string, { args }: SystemLog): string {
  const description = BigInt(id(String(args.getValue('description'))))
  const salt = toBeHex(BigInt(concat([governor, `0x${'00'.repeat(12)}`])) ^ description, 32)
  // Not `args.values`: that is a method of the result.
  const parts = ['targets', 'values', 'calldatas'].map(field => args.getValue(field) as unknown)
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['address[]', 'uint256[]', 'bytes[]', 'bytes32', 'bytes32'],
      [...parts, ZeroHash, salt],
    ),
  )
}
