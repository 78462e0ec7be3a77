import type { ContractRunner } from 'ethers'

import {
  AttributionOracle__factory,
  DatanetRegistry__factory,
  EmissionController__factory,
  FraudProofs__factory,
  InferencePayments__factory,
  ModelRegistry__factory,
  OpenToken__factory,
  OperatorSet__factory,
  RewardEscrow__factory,
  RewardVault__factory,
} from '../typechain-types'
import type { DeployParameters } from './deployParameters'
import type { ContractName, DeploymentRecord } from './deploymentRecord'

/** The version of the formulas and formats that the vault's trees are bound to. */
export const SPEC_VERSION = 1

/** The build of every contract of the system. */
export const FACTORIES = {
  token: OpenToken__factory,
  datanetRegistry: DatanetRegistry__factory,
  modelRegistry: ModelRegistry__factory,
  rewardEscrow: RewardEscrow__factory,
  operatorSet: OperatorSet__factory,
  rewardVault: RewardVault__factory,
  attributionOracle: AttributionOracle__factory,
  fraudProofs: FraudProofs__factory,
  emissionController: EmissionController__factory,
  inferencePayments: InferencePayments__factory,
} satisfies Record<ContractName, unknown>

/** The contracts of a system, typed. */
export type Contracts = { [N in ContractName]: ReturnType<(typeof FACTORIES)[N]['connect']> }

/** A deployed system: its contracts, what it was deployed with, and its record. */
export interface System extends Contracts {
  readonly parameters: DeployParameters
  readonly record: DeploymentRecord
}

/** The system of a record, its contracts connected to a signer or a provider. */
export function connectSystem(record: DeploymentRecord, runner: ContractRunner): System {
  const at = ({ contracts }: DeploymentRecord, name: ContractName) => contracts[name].address
  return {
    token: FACTORIES.token.connect(at(record, 'token'), runner),
    datanetRegistry: FACTORIES.datanetRegistry.connect(at(record, 'datanetRegistry'), runner),
    modelRegistry: FACTORIES.modelRegistry.connect(at(record, 'modelRegistry'), runner),
    rewardEscrow: FACTORIES.rewardEscrow.connect(at(record, 'rewardEscrow'), runner),
    operatorSet: FACTORIES.operatorSet.connect(at(record, 'operatorSet'), runner),
    rewardVault: FACTORIES.rewardVault.connect(at(record, 'rewardVault'), runner),
    attributionOracle: FACTORIES.attributionOracle.connect(at(record, 'attributionOracle'), runner),
    fraudProofs: FACTORIES.fraudProofs.connect(at(record, 'fraudProofs'), runner),
    emissionController: FACTORIES.emissionController.connect(at(record, 'emissionController'), runner),
    inferencePayments: FACTORIES.inferencePayments.connect(at(record, 'inferencePayments'), runner),
    parameters: record.parameters,
    record,
  }
}
