import { ZeroAddress } from 'ethers'

import { deploymentPlan } from './deploymentPlan'
import type { ContractName } from './deploymentRecord'
import { resolved, type Resolved } from './planResolution'
import { ADMIN_ROLE, TIMELOCK_ROLES } from './protocolRoles'
import type { Read } from './systemChecks'
import type { SystemLog } from './systemLogs'
import { addressesOf, type System } from './system'

// What is compared of an event; times and digests follow from the rest. Events of anyone's calls are not listed: only
// whoever has a right can cause these.
const EVENTS: Partial<Record<ContractName, Readonly<Record<string, readonly string[]>>>> = {
  access: {
    RoleGranted: ['roleId', 'account', 'delay'],
    RoleRevoked: ['roleId', 'account'],
    RoleLabel: ['roleId', 'label'],
    RoleAdminChanged: ['roleId', 'admin'],
    RoleGuardianChanged: ['roleId', 'guardian'],
    RoleGrantDelayChanged: ['roleId', 'delay'],
    TargetClosed: ['target', 'closed'],
    TargetFunctionRoleUpdated: ['target', 'selector', 'roleId'],
    TargetAdminDelayUpdated: ['target', 'delay'],
    OperationScheduled: ['operationId', 'target', 'data'],
    OperationExecuted: ['operationId'],
    OperationCanceled: ['operationId'],
  },
  timelock: {
    RoleGranted: ['role', 'account'],
    RoleRevoked: ['role', 'account'],
    RoleAdminChanged: ['role', 'newAdminRole'],
    MinDelayChange: ['newDuration'],
    CallScheduled: ['id', 'target', 'data'],
    CallExecuted: ['id', 'target', 'data'],
    Cancelled: ['id'],
  },
  token: { DistributorSet: ['distributor', 'enabled'], PayoutRegistrySet: ['registry'] },
  staking: { RegistrySet: ['registry'], Slashed: ['account', 'datanetId'] },
  operatorSet: {
    OracleSet: ['oracle'],
    OperatorsSet: ['setId', 'fromEpoch', 'operators', 'faults'],
    Slashed: ['epoch', 'signers'],
  },
  rewardVault: { OracleSet: ['oracle'] },
  rewardEscrow: { OracleSet: ['oracle'], Released: ['amount'] },
  attributionOracle: {
    ProverSet: ['prover', 'enabled'],
    ChallengeWindowSet: ['challengeWindow'],
    EpochOpened: ['epoch', 'configDigest'],
    RootPosted: ['epoch', 'poster'],
    ClaimsPaused: ['until'],
    ClaimsResumed: [],
    HandedOver: ['successor'],
    TakenOver: ['predecessor'],
  },
  emissionController: {
    WeightsSet: ['datanetIds', 'bps'],
    CurveSet: ['emissionEpoch', 'initialBudget', 'decayBps', 'stepEpochs'],
    FeeCapSet: ['capBps', 'floorPerDatanet'],
    VestingWalletSet: ['wallet'],
    EpochFunded: ['emissionEpoch', 'amount'],
  },
  committeeArbitrator: { CommitteeSet: ['committeeId', 'members', 'votesNeeded'] },
}

/**
 * What happened until the deployer gave its last right away, event for event, against the plan: whoever held the keys
 * for an hour could have left something behind that no later state shows. This part of the history never changes, so
 * that it can be checked at any time.
 */
export function historyReads(system: System, logs: readonly SystemLog[]): Read[] {
  const got = untilHandOver(system, logs).flatMap(eventText)
  const expected = plannedEvents(system)
  const list = (events: readonly string[]) => Promise.resolve(events.join('; ') || 'nothing')
  return [
    ['deployment history beside the plan', list(without(got, expected)), 'nothing'],
    ['deployment history missing from the plan', list(without(expected, got)), 'nothing'],
  ]
}

// The first moment at which the deployer was admin nowhere; what it could do then it had to grant before.
function untilHandOver({ record }: System, logs: readonly SystemLog[]): readonly SystemLog[] {
  const givenUp = (contract: ContractName, field: string, role: string) =>
    logs.findIndex(log => {
      if (log.contract !== contract || log.name !== 'RoleRevoked') return false
      return String(log.args.getValue(field)) === role && log.args.getValue('account') === record.deployer
    })
  const ends = [
    givenUp('access', 'roleId', String(ADMIN_ROLE)),
    givenUp('timelock', 'role', TIMELOCK_ROLES.DEFAULT_ADMIN_ROLE),
  ]
  return ends.includes(-1) ? logs : logs.slice(0, Math.max(...ends) + 1)
}

function eventText({ contract, name, args }: SystemLog): string[] {
  const fields = EVENTS[contract]?.[name]
  return fields === undefined
    ? []
    : [
        text(
          contract,
          name,
          fields.map(field => args.getValue(field) as unknown),
        ),
      ]
}

function text(contract: ContractName, event: string, values: readonly unknown[]): string {
  return `${contract}.${event}(${values.map(value => (Array.isArray(value) ? `[${value.join()}]` : String(value))).join(', ')})`
}

// The events of a call of the plan; most have its arguments.
const CALLS: Readonly<Record<string, (args: readonly Resolved[]) => [event: string, values: unknown[]][]>> = {
  'access.labelRole': args => [['RoleLabel', [...args]]],
  'access.grantRole': args => [['RoleGranted', [...args]]],
  'access.renounceRole': args => [['RoleRevoked', [...args]]],
  'access.setTargetFunctionRole': ([target, selectors, role]) =>
    (selectors as string[]).map(selector => ['TargetFunctionRoleUpdated', [target, selector, role]]),
  'timelock.grantRole': args => [['RoleGranted', [...args]]],
  'timelock.renounceRole': args => [['RoleRevoked', [...args]]],
  'token.setDistributor': args => [['DistributorSet', [...args]]],
  'token.setPayoutRegistry': args => [['PayoutRegistrySet', [...args]]],
  'staking.setRegistry': args => [['RegistrySet', [...args]]],
  'rewardVault.setOracle': args => [['OracleSet', [...args]]],
  'rewardEscrow.setOracle': args => [['OracleSet', [...args]]],
  'operatorSet.setOracle': args => [['OracleSet', [...args]]],
  'operatorSet.setOperators': ([accounts, faults, epoch]) => [['OperatorsSet', [1, epoch, accounts, faults]]],
  'attributionOracle.setProver': args => [['ProverSet', [...args]]],
  'emissionController.setVestingWallet': args => [['VestingWalletSet', [...args]]],
  'emissionController.setFeeCap': args => [['FeeCapSet', [...args]]],
}

function plannedEvents(system: System): string[] {
  const { record, parameters } = system
  const addresses = addressesOf(record)
  const plan = deploymentPlan(parameters, { deployer: record.deployer, timestamp: record.plannedAt })
  const calls = plan.flatMap(step => {
    if (step.kind !== 'call') return []
    const events = CALLS[`${step.contract}.${step.method}`]?.(step.args.map(arg => resolved(arg, addresses)))
    return (events ?? []).map(([event, values]) => text(step.contract, event, values))
  })
  return [...creationEvents(system, addresses), ...calls]
}

function creationEvents(
  { record, parameters }: System,
  addresses: Readonly<Record<ContractName, string>>,
): string[] {
  const { deployer } = record
  const { emission, committee, challengeWindow, governance } = parameters
  const members = committee.members.map(member => (member === 'timelock' ? addresses.timelock : member))
  const { DEFAULT_ADMIN_ROLE, EXECUTOR_ROLE } = TIMELOCK_ROLES
  return [
    text('access', 'RoleGranted', [ADMIN_ROLE, deployer, 0]),
    text('timelock', 'RoleGranted', [DEFAULT_ADMIN_ROLE, addresses.timelock]),
    text('timelock', 'RoleGranted', [DEFAULT_ADMIN_ROLE, deployer]),
    text('timelock', 'RoleGranted', [EXECUTOR_ROLE, ZeroAddress]),
    text('timelock', 'MinDelayChange', [governance.timelockDelay]),
    ...(['operatorSet', 'rewardVault', 'rewardEscrow'] as const).map(name =>
      text(name, 'OracleSet', [deployer]),
    ),
    text('attributionOracle', 'ChallengeWindowSet', [challengeWindow]),
    text('emissionController', 'CurveSet', [
      0,
      emission.initialBudget,
      emission.decayBps,
      emission.stepEpochs,
    ]),
    text('committeeArbitrator', 'CommitteeSet', [1, members, committee.votesNeeded]),
  ]
}

// What is in one list and not, or less often, in the other.
function without(events: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return events.filter(event => {
    const at = left.indexOf(event)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}
