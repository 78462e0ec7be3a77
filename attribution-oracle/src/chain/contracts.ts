import type { ContractRunner } from 'ethers'
import {
  AttributionOracle__factory,
  DatanetRegistry__factory,
  FraudProofs__factory,
  InferencePayments__factory,
  ModelRegistry__factory,
  RewardEscrow__factory,
} from '../../../typechain-types'

/** Where the contracts that the oracle reads and writes live. */
export interface Addresses {
  datanetRegistry: string
  modelRegistry: string
  inferencePayments: string
  rewardEscrow: string
  rewardVault: string
  attributionOracle: string
  fraudProofs: string
}

export const INTERFACES = {
  datanetRegistry: DatanetRegistry__factory.createInterface(),
  modelRegistry: ModelRegistry__factory.createInterface(),
  inferencePayments: InferencePayments__factory.createInterface(),
  rewardEscrow: RewardEscrow__factory.createInterface(),
  attributionOracle: AttributionOracle__factory.createInterface(),
}

export const oracleAt = (addresses: Addresses, runner: ContractRunner) =>
  AttributionOracle__factory.connect(addresses.attributionOracle, runner)

export const fraudProofsAt = (addresses: Addresses, runner: ContractRunner) =>
  FraudProofs__factory.connect(addresses.fraudProofs, runner)
