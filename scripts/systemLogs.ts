import type { LogDescription, Provider } from 'ethers'

import type { ContractName } from './deploymentRecord'
import { FACTORIES, type System } from './system'

/** The contracts whose logs tell who may do what, and what was set. */
const WATCHED: readonly ContractName[] = [
  'access',
  'timelock',
  'governor',
  'token',
  'staking',
  'operatorSet',
  'rewardVault',
  'rewardEscrow',
  'attributionOracle',
  'emissionController',
  'committeeArbitrator',
  'disputeCourt',
]

/** A log of the system, parsed, in the order of the chain. */
export type SystemLog = LogDescription & {
  readonly contract: ContractName
  readonly blockNumber: number
  readonly transactionHash: string
}

/** Every log of the watched contracts since the deployment. */
export async function systemLogs({ record }: System, provider: Provider): Promise<SystemLog[]> {
  const names = new Map<string, ContractName>(WATCHED.map(name => [record.contracts[name].address, name]))
  const found = await provider.getLogs({ address: [...names.keys()], fromBlock: record.blockNumber })
  return found.flatMap(log => {
    const contract = names.get(log.address) as ContractName
    const parsed = FACTORIES[contract].createInterface().parseLog(log)
    const { blockNumber, transactionHash } = log
    return parsed === null ? [] : [Object.assign(parsed, { contract, blockNumber, transactionHash })]
  })
}
