import {
  BaseContract,
  type ContractFactory,
  type ContractTransactionResponse,
  type Signer,
  ZeroAddress,
} from 'ethers'

import { checkSystem } from './checkSystem'
import { deploymentPlan } from './deploymentPlan'
import { refuseUnsafe } from './deploymentRules'
import type { DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import { mined } from './minedTransaction'
import { newRecord, type Placed } from './newRecord'
import { resolved } from './planResolution'
import { reasonOf } from './revertReason'
import type { CallStep, DeployStep, Step } from './planTypes'
import { connectSystem, FACTORIES, type System } from './system'

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

/** What a step cost. */
export interface ExecutedStep {
  readonly step: Step
  readonly gasUsed: bigint
}

/**
 * Deploys the whole system and wires it, transaction by transaction: what the tests, the demo and the benches run.
 * @returns the contracts, connected to the deployer, and the record to keep.
 * @throws ProtocolError PARAMETERS_INVALID; TRANSACTION_REVERTED; CODE_MISMATCH, POINTER_MISMATCH or ROLE_MISMATCH when what stands on
 *   chain is not what was meant.
 */
export async function deploySystem(
  deployer: Signer,
  parameters: DeployParameters,
  { network, onProgress }: DeployOptions = {},
): Promise<System> {
  const { provider, chainId, timestamp } = await chainOf(deployer)
  const self = await deployer.getAddress()
  refuseUnsafe(parameters, { deployer: self, chainId })
  const plan = deploymentPlan(parameters, { deployer: self, timestamp })
  const { placed } = await executePlan(deployer, plan, onProgress)
  const facts = {
    network: network ?? `chain-${chainId}`,
    deployer: self,
    plannedAt: timestamp,
    parameters,
    plan,
    placed,
  }
  const system = connectSystem(await newRecord(provider, facts), deployer)
  await checkSystem(system)
  onProgress?.({ phase: 'checks', step: 'code, roles and pointers as meant', done: 1, total: 1 })
  return system
}

/**
 * Sends every transaction of a plan, one after the other.
 * @throws ProtocolError TRANSACTION_REVERTED naming the step.
 */
export async function executePlan(
  deployer: Signer,
  plan: readonly Step[],
  onProgress?: (progress: DeployProgress) => void,
): Promise<{ placed: Partial<Record<ContractName, Placed>>; executed: ExecutedStep[] }> {
  const placed: Partial<Record<ContractName, Placed>> = {}
  const addresses: Partial<Record<ContractName, string>> = {}
  const executed: ExecutedStep[] = []
  const calls = plan.length - CONTRACT_NAMES.length
  for (const step of plan) {
    if (step.kind === 'deploy') {
      const { gasUsed, ...place } = await sendDeployment(deployer, step, addresses)
      placed[step.contract] = place
      addresses[step.contract] = place.address
      executed.push({ step, gasUsed })
      onProgress?.({
        phase: 'contracts',
        step: step.contract,
        done: executed.length,
        total: CONTRACT_NAMES.length,
      })
    } else {
      executed.push({ step, gasUsed: await sendCall(deployer, step, addresses) })
      const done = executed.length - CONTRACT_NAMES.length
      onProgress?.({ phase: 'wiring', step: step.title, done, total: calls })
    }
  }
  return { placed, executed }
}

type Addresses = Readonly<Partial<Record<ContractName, string>>>

async function sendDeployment(
  deployer: Signer,
  { contract: name, args }: DeployStep,
  addresses: Addresses,
): Promise<Placed & { gasUsed: bigint }> {
  const factory: ContractFactory = new FACTORIES[name](deployer)
  const contract = await factory.deploy(...args.map(value => resolved(value, addresses))).catch(cause => {
    throw refused(`the deployment of ${name}`, cause)
  })
  const sent = contract.deploymentTransaction()
  if (sent === null) throw refused(`the deployment of ${name}`, 'no transaction')
  const { blockNumber, gasUsed } = await mined(`the deployment of ${name}`, Promise.resolve(sent), contract)
  return { address: await contract.getAddress(), blockNumber, gasUsed }
}

async function sendCall(
  deployer: Signer,
  { contract: name, method, args, title }: CallStep,
  addresses: Addresses,
) {
  const address = resolved({ addressOf: name }, addresses) as string
  const contract = new BaseContract(address, FACTORIES[name].abi, deployer)
  const values = args.map(value => resolved(value, addresses))
  const sending: Promise<ContractTransactionResponse> = contract.getFunction(method).send(...values)
  return (await mined(title, sending, ...ERRORS)).gasUsed
}

// The reason of a refused call may be the custom error of any contract behind it.
const ERRORS = CONTRACT_NAMES.map(name => new BaseContract(ZeroAddress, FACTORIES[name].abi))

function refused(call: string, cause: unknown): ProtocolError<'TRANSACTION_REVERTED'> {
  const got =
    typeof cause === 'string' ? cause : reasonOf(cause, ...ERRORS.map(contract => contract.interface))
  return new ProtocolError('TRANSACTION_REVERTED', { call, got }, { cause })
}

/** The chain of a signer. @throws ProtocolError ARGUMENT_INVALID when it has none. */
export async function chainOf(deployer: Signer) {
  const { provider } = deployer
  const network = await provider?.getNetwork()
  const block = await provider?.getBlock('latest')
  if (!provider || !network || !block) {
    const data = { name: 'deployer', got: 'a signer without a chain', expected: 'a signer with a provider' }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  return { provider, chainId: network.chainId, timestamp: block.timestamp }
}
