import { ZeroAddress } from 'ethers'

import { allocationsOf, type Authority, type DeployParameters, type Holder } from './deployParameters'
import type { ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import type {
  CallArguments,
  CallStep,
  CreatedReference,
  DeployArguments,
  DeployStep,
  MethodOf,
  Reference,
  Step,
  Value,
} from './planTypes'
import { ADMIN_ROLE, ROLES, TIMELOCK_ROLES, type RoleName } from './protocolRoles'
import { FACTORIES, SPEC_VERSION } from './system'

/** What a plan depends on besides the parameters. */
export interface PlanContext {
  /** The account that sends everything; a Safe's address when the Safe does. */
  readonly deployer: string
  /** Unix seconds of the chain. */
  readonly timestamp: number
}

/**
 * The whole deployment, in order: the one description that everything which deploys, shows or checks starts from.
 * @throws ProtocolError ARGUMENT_INVALID when the parameters leave the deployer a right.
 */
export function deploymentPlan(parameters: DeployParameters, context: PlanContext): Step[] {
  refuseDeployer(parameters, context)
  return [
    ...contractSteps(parameters, context),
    ...genesisSteps(parameters, context),
    ...wiringSteps(parameters),
    ...roleSteps(parameters),
    ...handOverSteps(context),
  ]
}

// What a deployer holds besides tokens is a key too many: it signs from whatever machine the deployment runs on.
function refuseDeployer({ roles, treasury, committee }: DeployParameters, { deployer }: PlanContext): void {
  const named: [string, Authority][] = [
    ['roles.guardian', roles.guardian],
    ['roles.epochManager', roles.epochManager],
    ['treasury', treasury],
    ...committee.members.map((member, i): [string, Authority] => [`committee.members.${i}`, member]),
  ]
  const [fault] = named.filter(([, account]) => account === deployer)
  if (fault === undefined) return
  const expected = 'another account: the deployer ends without any right'
  throw new ProtocolError('ARGUMENT_INVALID', { name: fault[0], got: `the deployer ${deployer}`, expected })
}

function contractSteps(parameters: DeployParameters, { deployer, timestamp }: PlanContext): DeployStep[] {
  const { governance, operators, split, emission, staking, court, committee } = parameters
  const curve = {
    initialBudget: emission.initialBudget,
    decayBps: emission.decayBps,
    stepEpochs: emission.stepEpochs,
  }
  const groups = allocationsOf(parameters).map(({ label, bps, start, duration }) => {
    return { name: label, bps, start, duration }
  }) as unknown as DeployArguments<'genesis'>[1]
  return [
    deploy('access', deployer),
    deploy('timelock', governance.timelockDelay, [], [ZeroAddress], deployer),
    deploy('genesis', deployer, groups),
    deploy('token', at('genesis'), at('access')),
    deploy('contributorRegistry', at('token'), parameters.recoveryDelay),
    deploy('staking', at('token'), at('access'), staking.exitDelay),
    deploy('datanetRegistry', at('staking')),
    deploy('permissionBook', at('datanetRegistry')),
    deploy('modelRegistry', at('datanetRegistry')),
    deploy('operatorSet', at('token'), at('access'), deployer, operators.minimumBond, operators.exitDelay),
    deploy('rewardVault', at('token'), deployer, SPEC_VERSION),
    deploy('rewardEscrow', at('token'), at('rewardVault'), deployer),
    deploy(
      'attributionOracle',
      at('operatorSet'),
      at('rewardEscrow'),
      at('rewardVault'),
      at('datanetRegistry'),
      at('access'),
      parameters.challengeWindow,
      ZeroAddress,
    ),
    deploy('fraudProofs', at('attributionOracle'), at('datanetRegistry')),
    deploy('settlementProofs', at('attributionOracle')),
    deploy('pageDemands', at('attributionOracle'), parameters.responseWindow),
    deploy(
      'inferencePayments',
      at('token'),
      at('modelRegistry'),
      at('rewardEscrow'),
      at('staking'),
      authorityOf(parameters.treasury),
      split.protocolBps,
      split.stakersBps,
      split.modelBps,
    ),
    deploy(
      'emissionController',
      at('token'),
      at('rewardEscrow'),
      at('datanetRegistry'),
      at('modelRegistry'),
      at('inferencePayments'),
      at('access'),
      curve,
      emission.epochLength,
      emission.startTime ?? timestamp + emission.epochLength,
    ),
    deploy(
      'committeeArbitrator',
      at('access'),
      committee.members.map(authorityOf),
      committee.votesNeeded,
      committee.votingPeriod,
    ),
    deploy('disputeCourt', at('token'), at('staking'), at('committeeArbitrator'), at('access'), court),
    deploy('governor', at('token'), at('timelock'), {
      votingDelay: governance.votingDelay,
      votingPeriod: governance.votingPeriod,
      proposalThreshold: governance.proposalThreshold,
      quorumPercent: governance.quorumPercent,
      lateQuorumExtension: governance.lateQuorumExtension,
    }),
  ]
}

// Each allocation creates its vesting wallets, whose addresses follow from the genesis' nonce: so in this order only.
function genesisSteps(parameters: DeployParameters, { deployer }: PlanContext): CallStep[] {
  return allocationsOf(parameters).map(({ name, allotments }, group) => {
    const list = allotments.map(({ account, ...rest }) => ({ account: holderOf(account, deployer), ...rest }))
    return call(
      'genesis',
      `genesis: ${name}`,
      `allocate_${name}`,
      'genesis',
      'allocate',
      at('token'),
      group,
      list,
    )
  })
}

/** A vesting wallet that the genesis makes. */
export interface PlannedWallet {
  readonly group: string
  readonly account: Holder
  readonly vested: bigint
  readonly wallet: CreatedReference
}

/** The vesting wallets in the order of their creation. */
export function plannedWallets(parameters: DeployParameters): PlannedWallet[] {
  let nonce = 0
  return allocationsOf(parameters).flatMap(({ name: group, allotments }) => {
    return allotments.flatMap(({ account, vested }, index) => {
      if (vested === 0n) return []
      const event = { step: `allocate_${group}`, event: 'Allocated', argument: 'wallet', index }
      return [{ group, account, vested, wallet: { createdBy: 'genesis' as const, nonce: ++nonce, ...event } }]
    })
  })
}

// The references that no constructor could be given, because the two contracts need each other.
function wiringSteps(parameters: DeployParameters): CallStep[] {
  const { operators, emission } = parameters
  const steps: CallStep[] = [
    wire('token: the vault may pay', 'token', 'setDistributor', at('rewardVault'), true),
    wire('token: payout rules of contributors', 'token', 'setPayoutRegistry', at('contributorRegistry')),
    wire('staking: the registry may lock', 'staking', 'setRegistry', at('datanetRegistry')),
    wire('vault: the oracle sets roots', 'rewardVault', 'setOracle', at('attributionOracle')),
    wire('escrow: the oracle releases', 'rewardEscrow', 'setOracle', at('attributionOracle')),
  ]
  for (const prover of ['fraudProofs', 'settlementProofs', 'pageDemands'] as const) {
    const title = `oracle: ${prover} may reject`
    steps.push(call('wiring', title, `prover_${prover}`, 'attributionOracle', 'setProver', at(prover), true))
  }
  if (operators.accounts.length > 0) {
    const { accounts, faults } = operators
    steps.push(
      wire(`operators: ${accounts.length} accounts`, 'operatorSet', 'setOperators', accounts, faults, 1),
    )
  }
  steps.push(wire('operators: the oracle may slash', 'operatorSet', 'setOracle', at('attributionOracle')))
  for (const { account, wallet, group } of plannedWallets(parameters)) {
    if (account !== 'emissionController') continue
    const title = `emissions: from the vesting of ${group}`
    steps.push(call('wiring', title, `wallet_${group}`, 'emissionController', 'setVestingWallet', wallet))
  }
  if (emission.feeCap !== null) {
    const { capBps, floorPerDatanet } = emission.feeCap
    steps.push(wire('emissions: the cap by fees', 'emissionController', 'setFeeCap', capBps, floorPerDatanet))
  }
  return steps
}

function roleSteps({ roles }: DeployParameters): CallStep[] {
  const members: { readonly [R in RoleName]: string | Reference } = {
    guardian: authorityOf(roles.guardian),
    epochManager: authorityOf(roles.epochManager),
    slasher: at('disputeCourt'),
  }
  return (Object.keys(ROLES) as RoleName[]).flatMap(name => {
    const { id, label, contract, functions } = ROLES[name]
    const selectors = functions.map(method => selectorOf(contract, method))
    const what = `${contract}.${functions.join(', ')}`
    return [
      call('wiring', `role ${label}: named`, `label_${label}`, 'access', 'labelRole', id, label),
      call(
        'wiring',
        `role ${label}: may call ${what}`,
        `functions_${label}`,
        'access',
        'setTargetFunctionRole',
        at(contract),
        selectors,
        id,
      ),
      call('wiring', `role ${label}: granted`, `grant_${label}`, 'access', 'grantRole', id, members[name], 0),
    ]
  })
}

// The last calls: after them the deployer holds nothing.
function handOverSteps({ deployer }: PlanContext): CallStep[] {
  const { PROPOSER_ROLE, CANCELLER_ROLE, DEFAULT_ADMIN_ROLE } = TIMELOCK_ROLES
  const give = <N extends ContractName, M extends MethodOf<N>>(
    title: string,
    id: string,
    contract: N,
    method: M,
    ...args: CallArguments<N, M>
  ) => call('hand-over', title, id, contract, method, ...args)
  return [
    give(
      'timelock: the governor proposes',
      'timelock_proposer',
      'timelock',
      'grantRole',
      PROPOSER_ROLE,
      at('governor'),
    ),
    give(
      'timelock: the governor cancels',
      'timelock_canceller',
      'timelock',
      'grantRole',
      CANCELLER_ROLE,
      at('governor'),
    ),
    give(
      'access: the timelock is admin',
      'access_admin',
      'access',
      'grantRole',
      ADMIN_ROLE,
      at('timelock'),
      0,
    ),
    give('access: the deployer is not', 'access_renounce', 'access', 'renounceRole', ADMIN_ROLE, deployer),
    give(
      'timelock: nor there',
      'timelock_renounce',
      'timelock',
      'renounceRole',
      DEFAULT_ADMIN_ROLE,
      deployer,
    ),
  ]
}

/** The address of a contract of the plan. */
export function at(name: ContractName): Reference {
  return { addressOf: name }
}

/** An account of the parameters as a value of a plan. */
export function authorityOf(account: Authority): string | Reference {
  return account === 'timelock' ? at('timelock') : account
}

export function holderOf(account: Holder, deployer: string): string | Reference {
  if (account === null) return deployer
  return account === 'timelock' || account === 'emissionController' ? at(account) : account
}

/** The selector of a contract's function by its name. */
export function selectorOf(contract: ContractName, method: string): string {
  return FACTORIES[contract].createInterface().getFunction(method as never)?.selector ?? '0x'
}

function deploy<N extends ContractName>(contract: N, ...args: DeployArguments<N>): DeployStep {
  const title = `deploy ${contract}`
  return { kind: 'deploy', id: contract, stage: 'contracts', title, contract, args: args as readonly Value[] }
}

function wire<N extends ContractName, M extends MethodOf<N>>(
  title: string,
  contract: N,
  method: M,
  ...args: CallArguments<N, M>
): CallStep {
  return call('wiring', title, `${contract}_${method}`, contract, method, ...args)
}

function call<N extends ContractName, M extends MethodOf<N>>(
  stage: CallStep['stage'],
  title: string,
  id: string,
  contract: N,
  method: M,
  ...args: CallArguments<N, M>
): CallStep {
  return { kind: 'call', id, stage, title, contract, method, args: args as readonly Value[] }
}
