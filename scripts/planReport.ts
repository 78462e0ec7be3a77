import { formatEther } from 'ethers'

import { authorityOf, deploymentPlan } from './deploymentPlan'
import { refuseUnsafeOn, warningsOf } from './deploymentRules'
import { allocationsOf, type DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { executePlan, type ExecutedStep } from './deploySystem'
import { newRecord } from './newRecord'
import { resolved, shownValue } from './planResolution'
import type { Step } from './planTypes'
import { ROLES, type RoleName } from './protocolRoles'
import { systemChecks, type Check } from './systemChecks'
import type { SimulatedChain } from './simulatedChain'
import { addressesOf, connectSystem } from './system'

/** One transaction of a plan. */
export interface PlannedTransaction {
  readonly number: number
  readonly title: string
  /** `new X(...)`, or `x.y(...)`. */
  readonly call: string
  readonly gas: bigint
  /** Wei. */
  readonly cost: bigint
}

/** Who will hold what when a plan is done. */
export interface PlannedRight {
  readonly right: string
  readonly holder: string
}

export interface PlanReport {
  readonly deployer: string
  readonly gasPrice: bigint
  readonly transactions: readonly PlannedTransaction[]
  readonly gas: bigint
  readonly cost: bigint
  readonly addresses: Readonly<Record<ContractName, string>>
  readonly rights: readonly PlannedRight[]
  readonly allocations: readonly {
    readonly group: string
    readonly to: string
    readonly vested: bigint
    readonly liquid: bigint
  }[]
  /** What is allowed and still worth a second thought. */
  readonly warnings: readonly string[]
  /** The whole system read back after the trial. */
  readonly checks: readonly Check[]
}

/**
 * Tries a plan on a chain in this process and tells what it costs and gives. Nothing is sent anywhere else.
 * @param gasPrice wei per gas.
 * @throws ProtocolError PARAMETERS_INVALID; TRANSACTION_REVERTED naming the step that the real chain would refuse too.
 */
export async function planReport(
  chain: SimulatedChain,
  parameters: DeployParameters,
  timestamp: number,
  gasPrice: bigint,
): Promise<PlanReport> {
  const deployer = await chain.signer.getAddress()
  await refuseUnsafeOn(chain.provider, parameters, deployer)
  const plan = deploymentPlan(parameters, { deployer, timestamp })
  const { placed, executed } = await executePlan(chain.signer, plan)
  const facts = { network: 'plan', deployer, plannedAt: timestamp, parameters, plan, placed }
  const record = await newRecord(chain.provider, facts)
  const checks = await systemChecks(connectSystem(record, chain.provider))
  const transactions = executed.map((step, i) => transactionOf(step, i + 1, gasPrice))
  const gas = transactions.reduce((sum, transaction) => sum + transaction.gas, 0n)
  const addresses = addressesOf(record)
  const name = (value: Parameters<typeof resolved>[0]) =>
    named(String(resolved(value, addresses)), addresses, deployer)
  return {
    deployer,
    gasPrice,
    transactions,
    gas,
    cost: gas * gasPrice,
    addresses,
    rights: rightsOf(parameters).map(([right, holder]) => ({ right, holder: name(holder) })),
    allocations: allocationsOf(parameters).flatMap(({ name: group, allotments }) => {
      return allotments.map(({ account, vested, liquid }) => ({
        group,
        to: account ?? deployer,
        vested,
        liquid,
      }))
    }),
    warnings: warningsOf(parameters, deployer),
    checks,
  }
}

/** A report as people read it. */
export function planText(report: PlanReport): string {
  const { deployer, transactions, gas, cost, gasPrice, addresses, rights, allocations, warnings, checks } =
    report
  const width = String(transactions.length).length
  const gasWidth = String(gas).length
  const open = (wei: bigint) => formatEther(wei)
  const failed = checks.filter(({ passed }) => !passed)
  return [
    `Deployment by ${deployer}: ${transactions.length} transactions, nothing was sent`,
    '',
    ...transactions.map(({ number, title, call, gas: used, cost: wei }) => {
      return `${String(number).padStart(width)}  ${String(used).padStart(gasWidth)} gas  ${formatEther(wei)} ETH  ${title}\n      ${call}`
    }),
    '',
    `Total: ${gas} gas, ${formatEther(cost)} ETH at ${formatEther(gasPrice * 10n ** 9n)} gwei`,
    '',
    'Contracts:',
    ...CONTRACT_NAMES.map(name => `  ${name} ${addresses[name]}`),
    '',
    'Rights afterwards:',
    ...rights.map(({ right, holder }) => `  ${right}: ${holder}`),
    '',
    'Genesis:',
    ...allocations.map(({ group, to, vested, liquid }) => {
      return `  ${group}: ${to} gets ${open(liquid)} OPEN at once and ${open(vested)} OPEN vesting`
    }),
    '',
    ...warnings.map(warning => `WARNING ${warning}`),
    `Tried on a chain in this process: ${checks.length - failed.length} of ${checks.length} checks pass`,
    ...failed.map(({ name, got, expected }) => `  FAIL ${name}: got ${got}, expected ${expected}`),
  ].join('\n')
}

function transactionOf(
  { step, gasUsed }: ExecutedStep,
  number: number,
  gasPrice: bigint,
): PlannedTransaction {
  return { number, title: step.title, call: callText(step), gas: gasUsed, cost: gasUsed * gasPrice }
}

function callText(step: Step): string {
  const args = step.args.map(shownValue).join(', ')
  return step.kind === 'deploy' ? `new ${step.contract}(${args})` : `${step.contract}.${step.method}(${args})`
}

type Holders = readonly (readonly [right: string, holder: Parameters<typeof resolved>[0]])[]

function rightsOf({ roles, treasury, committee, operators }: DeployParameters): Holders {
  const roleHolders: Readonly<Record<RoleName, Parameters<typeof resolved>[0]>> = {
    guardian: authorityOf(roles.guardian),
    epochManager: authorityOf(roles.epochManager),
    slasher: { addressOf: 'disputeCourt' },
  }
  return [
    ['ADMIN of the access manager (every restricted function)', { addressOf: 'timelock' }],
    ...(Object.keys(ROLES) as RoleName[]).map(name => {
      const { label, contract, functions } = ROLES[name]
      return [`${label} (${contract}.${functions.join(', ')})`, roleHolders[name]] as const
    }),
    ['PROPOSER and CANCELLER of the timelock', { addressOf: 'governor' }],
    ['EXECUTOR of the timelock', 'anyone, after the delay'],
    ['oracle of vault, escrow and operators', { addressOf: 'attributionOracle' }],
    ['treasury', authorityOf(treasury)],
    ...committee.members.map((member, i) => [`committee member ${i + 1}`, authorityOf(member)] as const),
    ...operators.accounts.map((account, i) => [`operator ${i}`, account] as const),
    ['the deployer', 'nothing'],
  ]
}

function named(address: string, addresses: Readonly<Record<ContractName, string>>, deployer: string): string {
  const contract = CONTRACT_NAMES.find(name => addresses[name] === address)
  if (contract !== undefined) return `${contract} ${address}`
  return address === deployer ? `the deployer ${address}` : address
}
