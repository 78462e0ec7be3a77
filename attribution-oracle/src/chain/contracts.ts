import { Interface, type ContractRunner } from 'ethers'
import {
  AttributionOracle__factory,
  DatanetRegistry__factory,
  FraudProofs__factory,
  InferencePayments__factory,
  ModelRegistry__factory,
  OperatorSet__factory,
  PageDemands__factory,
  RewardEscrow__factory,
  SettlementProofs__factory,
} from '../../../typechain-types'

/** Where the contracts that the oracle reads and writes live. */
export interface Addresses {
  datanetRegistry: string
  modelRegistry: string
  inferencePayments: string
  rewardEscrow: string
  rewardVault: string
  attributionOracle: string
  operatorSet: string
  fraudProofs: string
  settlementProofs: string
  pageDemands: string
}

/** The contracts whose events make the history. */
export const INTERFACES = {
  datanetRegistry: DatanetRegistry__factory.createInterface(),
  modelRegistry: ModelRegistry__factory.createInterface(),
  inferencePayments: InferencePayments__factory.createInterface(),
  rewardEscrow: RewardEscrow__factory.createInterface(),
  attributionOracle: AttributionOracle__factory.createInterface(),
}

/** Whatever a call of the oracle can revert with: its own errors and those of the contracts that it asks. */
export const ORACLE_ERRORS = new Interface(
  [AttributionOracle__factory, OperatorSet__factory, RewardEscrow__factory].flatMap(({ abi }) =>
    abi.filter(({ type }) => type === 'error'),
  ),
)

export const oracleAt = (addresses: Addresses, runner: ContractRunner) =>
  AttributionOracle__factory.connect(addresses.attributionOracle, runner)

export const operatorSetAt = (addresses: Addresses, runner: ContractRunner) =>
  OperatorSet__factory.connect(addresses.operatorSet, runner)

export const fraudProofsAt = (addresses: Addresses, runner: ContractRunner) =>
  FraudProofs__factory.connect(addresses.fraudProofs, runner)

export const settlementProofsAt = (addresses: Addresses, runner: ContractRunner) =>
  SettlementProofs__factory.connect(addresses.settlementProofs, runner)

export const pageDemandsAt = (addresses: Addresses, runner: ContractRunner) =>
  PageDemands__factory.connect(addresses.pageDemands, runner)
