import { AbiCoder, dataLength, dataSlice, keccak256, resolveAddress } from 'ethers'
import type { BaseContract, ContractFactory, ContractTransactionResponse, Signer } from 'ethers'

import { checkSystem, ownedContracts } from './checkSystem'
import type { DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, type ContractName, type DeploymentRecord } from './deploymentRecord'
import { ProtocolError } from './errors'
import { mined } from './minedTransaction'
import { FACTORIES, SPEC_VERSION, type Contracts, type System } from './system'

/** One step of a deployment is done: `done` of `total` of its phase. */
export interface DeployProgress {
  readonly phase: 'contracts' | 'wiring' | 'checks'
  readonly step: string
  readonly done: number
  readonly total: number
}

export interface DeployOptions {
  /** The network's name in the record. Default `chain-<id>`. */
  readonly network?: string
  readonly onProgress?: (progress: DeployProgress) => void
}

type DeployArguments<N extends ContractName> = Parameters<InstanceType<(typeof FACTORIES)[N]>['deploy']>

/**
 * Deploys the whole system and wires it: what the deploy task, the tests and the demo all run. The deployer owns
 * everything while it wires; with another owner in the parameters, that owner has to accept each ownership after.
 * @returns the contracts, connected to the deployer, and the record to keep.
 * @throws ProtocolError TRANSACTION_REVERTED; CODE_MISMATCH or POINTER_MISMATCH when what stands on chain is not
 *   what was meant.
 */
export async function deploySystem(
  deployer: Signer,
  parameters: DeployParameters,
  { network, onProgress }: DeployOptions = {},
): Promise<System> {
  const { chainId, timestamp } = await chainOf(deployer)
  const self = await deployer.getAddress()
  const { split, emission } = parameters
  const records: Partial<DeploymentRecord['contracts']> = {}
  const blocks: number[] = []

  async function place<N extends ContractName>(name: N, ...args: DeployArguments<N>): Promise<Contracts[N]> {
    const factory: ContractFactory = new FACTORIES[name](deployer)
    const contract = await factory.deploy(...args)
    const receipt = await mined(`the deployment of ${name}`, sentBy(contract), contract)
    records[name] = await recordOf(contract, factory, deployer)
    blocks.push(receipt.blockNumber)
    onProgress?.({ phase: 'contracts', step: name, done: blocks.length, total: CONTRACT_NAMES.length })
    return FACTORIES[name].connect(await contract.getAddress(), deployer) as Contracts[N]
  }

  const token = await place('token', parameters.holder ?? self, self)
  const datanetRegistry = await place('datanetRegistry')
  const modelRegistry = await place('modelRegistry', datanetRegistry)
  const rewardEscrow = await place('rewardEscrow', token, self)
  const operatorSet = await place('operatorSet', token, self, parameters.minimumBond, parameters.exitDelay)
  const rewardVault = await place('rewardVault', token, self, SPEC_VERSION)
  const attributionOracle = await place(
    'attributionOracle',
    operatorSet,
    rewardEscrow,
    rewardVault,
    datanetRegistry,
    self,
    parameters.challengeWindow,
  )
  const fraudProofs = await place('fraudProofs', attributionOracle, datanetRegistry)
  const emissionController = await place(
    'emissionController',
    token,
    rewardEscrow,
    self,
    emission.amountPerEpoch,
    emission.epochLength,
    emission.startTime ?? timestamp,
  )
  const inferencePayments = await place(
    'inferencePayments',
    token,
    modelRegistry,
    rewardEscrow,
    self,
    parameters.treasury ?? self,
    split.protocolBps,
    split.stakersBps,
    split.modelBps,
  )
  const contracts: Contracts = {
    token,
    datanetRegistry,
    modelRegistry,
    rewardEscrow,
    operatorSet,
    rewardVault,
    attributionOracle,
    fraudProofs,
    emissionController,
    inferencePayments,
  }

  const wiring = wiringOf(contracts, parameters, self)
  for (const [i, [step, send]] of wiring.entries()) {
    await mined(step, send(), ...Object.values(contracts))
    onProgress?.({ phase: 'wiring', step, done: i + 1, total: wiring.length })
  }

  const record: DeploymentRecord = {
    format: 'open-datanets/deployment',
    version: 1,
    network: network ?? `chain-${chainId}`,
    chainId: Number(chainId),
    blockNumber: Math.min(...blocks),
    deployer: self,
    parameters,
    contracts: records as DeploymentRecord['contracts'],
  }
  const system: System = { ...contracts, parameters, record }
  await checkSystem(system)
  onProgress?.({ phase: 'checks', step: 'code, owners and pointers as meant', done: 1, total: 1 })
  return system
}

type Wiring = readonly [step: string, send: () => Promise<ContractTransactionResponse>]

// The references that no constructor could be given, because the two contracts need each other.
function wiringOf(contracts: Contracts, parameters: DeployParameters, deployer: string): Wiring[] {
  const {
    token,
    rewardEscrow,
    operatorSet,
    rewardVault,
    attributionOracle,
    fraudProofs,
    emissionController,
  } = contracts
  const steps: Wiring[] = [
    ['token: the vault may pay', () => token.setDistributor(rewardVault, true)],
    [
      'escrow: releases for the oracle, to the vault',
      () => rewardEscrow.setOracle(attributionOracle, rewardVault),
    ],
    ['operators: the oracle may slash', () => operatorSet.setOracle(attributionOracle)],
    ['oracle: fraud proofs may reject', () => attributionOracle.setFraudProofs(fraudProofs)],
    ['vault: the oracle sets roots', () => rewardVault.setOracle(attributionOracle)],
  ]
  for (const operator of parameters.operators) {
    steps.push([`operators: ${operator} may post`, () => operatorSet.setOperator(operator, true)])
  }
  const { budget } = parameters.emission
  if (budget > 0n) steps.push(['emissions: the budget', () => token.transfer(emissionController, budget)])
  const { owner } = parameters
  if (owner !== null && owner !== deployer) {
    for (const [name, contract] of ownedContracts(contracts)) {
      steps.push([`${name}: ownership offered to ${owner}`, () => contract.transferOwnership(owner)])
    }
  }
  return steps
}

async function recordOf(contract: BaseContract, factory: ContractFactory, deployer: Signer) {
  const address = await contract.getAddress()
  const sent = dataSlice((await sentBy(contract)).data, dataLength(factory.bytecode))
  const args = AbiCoder.defaultAbiCoder().decode(factory.interface.deploy.inputs, sent)
  const code = (await deployer.provider?.getCode(address)) ?? '0x'
  return { address, constructorArguments: args.map(String), codeHash: keccak256(code) }
}

async function sentBy(contract: BaseContract): Promise<ContractTransactionResponse> {
  const sent = contract.deploymentTransaction()
  if (sent !== null) return sent
  const call = `the deployment of ${await resolveAddress(contract)}`
  throw new ProtocolError('TRANSACTION_REVERTED', { call, got: 'no transaction' })
}

async function chainOf(deployer: Signer): Promise<{ chainId: bigint; timestamp: number }> {
  const network = await deployer.provider?.getNetwork()
  const block = await deployer.provider?.getBlock('latest')
  if (!network || !block) {
    const data = { name: 'deployer', got: 'a signer without a chain', expected: 'a signer with a provider' }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  return { chainId: network.chainId, timestamp: block.timestamp }
}
