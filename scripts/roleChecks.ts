import type { Provider } from 'ethers'

import { historyReads } from './deploymentHistory'
import { authorityOf } from './deploymentPlan'
import type { ContractName } from './deploymentRecord'
import { resolved } from './planResolution'
import type { Reference } from './planTypes'
import { ADMIN_ROLE, ROLES, TIMELOCK_ROLES, type RoleName } from './protocolRoles'
import type { Read } from './systemChecks'
import { systemLogs, type SystemLog } from './systemLogs'
import { timelockOperationReads } from './timelockOperations'
import { addressesOf, FACTORIES, type System } from './system'

const ANYONE = `0x${'0'.repeat(40)}`

/**
 * Who may do what. Members cannot be listed by a call, so the logs since the deployment are replayed, and what they
 * give is asked of the contracts again. What happened before the deployer let go has to be the plan and nothing else.
 */
export async function roleChecks(system: System, provider: Provider): Promise<Read[]> {
  const logs = await systemLogs(system, provider)
  return [
    ...accessReads(system, logs),
    ...timelockReads(system, logs),
    ...switchReads(system, logs, 'token', 'DistributorSet', ['rewardVault']),
    ...switchReads(system, logs, 'attributionOracle', 'ProverSet', [
      'fraudProofs',
      'settlementProofs',
      'pageDemands',
    ]),
    ...deployerReads(system),
    ...timelockOperationReads(system, logs),
    ...historyReads(system, logs),
  ]
}

function accessReads(system: System, logs: readonly SystemLog[]): Read[] {
  const { access, parameters, record } = system
  const addresses = addressesOf(record)
  const address = (value: string | Reference) => String(resolved(value, addresses))
  const members: Readonly<Record<RoleName, string>> = {
    guardian: address(authorityOf(parameters.roles.guardian)),
    epochManager: address(authorityOf(parameters.roles.epochManager)),
    slasher: addresses.disputeCourt,
  }
  const granted = membersIn(logs, 'access', 'roleId')
  const told = (id: bigint) => Promise.resolve(granted.get(String(id))?.join() ?? '')
  const reads: Read[] = [
    ['access ADMIN members', told(ADMIN_ROLE), addresses.timelock],
    [
      'access ADMIN has the timelock',
      isMember(system, ADMIN_ROLE, addresses.timelock),
      'true, without delay',
    ],
  ]
  const functions = new Map<string, string>()
  for (const { args } of logs.filter(
    ({ contract, name }) => contract === 'access' && name === 'TargetFunctionRoleUpdated',
  )) {
    functions.set(`${args.getValue('target')} ${args.getValue('selector')}`, String(args.getValue('roleId')))
  }
  for (const name of Object.keys(ROLES) as RoleName[]) {
    const { id, label, contract, functions: methods } = ROLES[name]
    const member = members[name]
    reads.push([`access ${label} members`, told(id), member])
    reads.push([`access ${label} has ${member}`, isMember(system, id, member), 'true, without delay'])
    for (const method of methods) {
      const selector = FACTORIES[contract].createInterface().getFunction(method as never)?.selector ?? '0x'
      functions.delete(`${addresses[contract]} ${selector}`)
      reads.push([
        `${contract}.${method} may call`,
        access.getTargetFunctionRole(addresses[contract], selector),
        id,
      ])
    }
  }
  const others = [...functions]
    .filter(([, role]) => role !== String(ADMIN_ROLE))
    .map(([target, role]) => `${target}: ${role}`)
  reads.push(['access other functions with a role', Promise.resolve(others.join() || 'none'), 'none'])
  for (const event of ['RoleAdminChanged', 'RoleGuardianChanged', 'RoleGrantDelayChanged', 'TargetClosed']) {
    const count = logs.filter(({ contract, name }) => contract === 'access' && name === event).length
    reads.push([`access ${event}`, Promise.resolve(`${count} times`), '0 times'])
  }
  return reads
}

async function isMember({ access }: System, role: bigint, account: string): Promise<string> {
  const { isMember, executionDelay } = await access.hasRole(role, account)
  return executionDelay === 0n ? `${isMember}, without delay` : `${isMember}, after ${executionDelay} s`
}

function timelockReads({ timelock, record }: System, logs: readonly SystemLog[]): Read[] {
  const { contracts } = record
  const granted = membersIn(logs, 'timelock', 'role')
  const expected = {
    DEFAULT_ADMIN_ROLE: contracts.timelock.address,
    PROPOSER_ROLE: contracts.governor.address,
    CANCELLER_ROLE: contracts.governor.address,
    EXECUTOR_ROLE: ANYONE,
  }
  return (Object.keys(expected) as (keyof typeof expected)[]).flatMap((name): Read[] => {
    const role = TIMELOCK_ROLES[name]
    const member = expected[name]
    const who = member === ANYONE ? 'anyone' : member
    return [
      [`timelock ${name} members`, Promise.resolve(granted.get(role)?.join() ?? ''), member],
      [`timelock ${name} has ${who}`, timelock.hasRole(role, member), true],
    ]
  })
}

// Accounts that were switched on by an event and not off again.
function switchReads(
  { record }: System,
  logs: readonly SystemLog[],
  contract: ContractName,
  event: string,
  expected: readonly ContractName[],
): Read[] {
  const on = new Set<string>()
  for (const { args } of logs.filter(log => log.contract === contract && log.name === event)) {
    const [account, enabled] = args.toArray() as [string, boolean]
    if (enabled) on.add(account)
    else on.delete(account)
  }
  const wanted = expected.map(name => record.contracts[name].address).sort()
  return [[`${contract} ${event}`, Promise.resolve([...on].sort().join()), wanted.join()]]
}

function deployerReads({ access, timelock, record }: System): Read[] {
  const { deployer } = record
  const roles: [string, bigint][] = [
    ['ADMIN', ADMIN_ROLE],
    ...Object.values(ROLES).map(({ label, id }) => [label, id] as [string, bigint]),
  ]
  return [
    ...roles.map(([label, id]): Read => {
      return [
        `deployer without ${label}`,
        access.hasRole(id, deployer).then(({ isMember }) => isMember),
        false,
      ]
    }),
    ...Object.entries(TIMELOCK_ROLES).map(([name, role]): Read => {
      return [`deployer without timelock ${name}`, timelock.hasRole(role, deployer), false]
    }),
  ]
}

function membersIn(
  logs: readonly SystemLog[],
  contract: ContractName,
  roleField: string,
): Map<string, string[]> {
  const members = new Map<string, string[]>()
  for (const { name, args } of logs.filter(log => log.contract === contract)) {
    if (name !== 'RoleGranted' && name !== 'RoleRevoked') continue
    const role = String(args.getValue(roleField))
    const account = String(args.getValue('account'))
    const others = (members.get(role) ?? []).filter(known => known !== account)
    members.set(role, name === 'RoleGranted' ? [...others, account].sort() : others)
  }
  return members
}
