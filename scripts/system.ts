import type { ContractRunner } from 'ethers'

import {
  AttributionOracle__factory,
  CommitteeArbitrator__factory,
  ContributorRegistry__factory,
  DatanetRegistry__factory,
  DatanetStaking__factory,
  DisputeCourt__factory,
  EmissionController__factory,
  FraudProofs__factory,
  GenesisDistribution__factory,
  InferencePayments__factory,
  ModelRegistry__factory,
  OpenAccess__factory,
  OpenGovernor__factory,
  OpenTimelock__factory,
  OpenToken__factory,
  OperatorSet__factory,
  PageDemands__factory,
  PermissionBook__factory,
  RewardEscrow__factory,
  RewardVault__factory,
  SettlementProofs__factory,
} from '../typechain-types'
import type { DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, type ContractName, type DeploymentRecord } from './deploymentRecord'

/** The version of the formulas and formats that the vault's trees are bound to. */
export const SPEC_VERSION = 1

/** The build of every contract of the system. */
export const FACTORIES = {
  access: OpenAccess__factory,
  timelock: OpenTimelock__factory,
  genesis: GenesisDistribution__factory,
  token: OpenToken__factory,
  contributorRegistry: ContributorRegistry__factory,
  staking: DatanetStaking__factory,
  datanetRegistry: DatanetRegistry__factory,
  permissionBook: PermissionBook__factory,
  modelRegistry: ModelRegistry__factory,
  operatorSet: OperatorSet__factory,
  rewardVault: RewardVault__factory,
  rewardEscrow: RewardEscrow__factory,
  attributionOracle: AttributionOracle__factory,
  fraudProofs: FraudProofs__factory,
  settlementProofs: SettlementProofs__factory,
  pageDemands: PageDemands__factory,
  inferencePayments: InferencePayments__factory,
  emissionController: EmissionController__factory,
  committeeArbitrator: CommitteeArbitrator__factory,
  disputeCourt: DisputeCourt__factory,
  governor: OpenGovernor__factory,
} satisfies Record<ContractName, unknown>

/** The contracts of a system, typed. */
export type Contracts = { [N in ContractName]: ReturnType<(typeof FACTORIES)[N]['connect']> }

/** A deployed system: its contracts, what it was deployed with, and its record. */
export interface System extends Contracts {
  readonly parameters: DeployParameters
  readonly record: DeploymentRecord
}

/** The name of a contract in its source, which its build goes by. */
export function buildName(name: ContractName): string {
  return FACTORIES[name].name.replace(/__factory$/, '')
}

/** The contracts at addresses, connected to a signer or a provider. */
export function connectContracts(
  addresses: Readonly<Record<ContractName, string>>,
  runner: ContractRunner,
): Contracts {
  const connected = CONTRACT_NAMES.map(name => [name, FACTORIES[name].connect(addresses[name], runner)])
  return Object.fromEntries(connected) as Contracts
}

/** The system of a record, its contracts connected to a signer or a provider. */
export function connectSystem(record: DeploymentRecord, runner: ContractRunner): System {
  return { ...connectContracts(addressesOf(record), runner), parameters: record.parameters, record }
}

/** Where each contract of a record lies. */
export function addressesOf({ contracts }: DeploymentRecord): Record<ContractName, string> {
  const addresses = CONTRACT_NAMES.map(name => [name, contracts[name].address])
  return Object.fromEntries(addresses) as Record<ContractName, string>
}
