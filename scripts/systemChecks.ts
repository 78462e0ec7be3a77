import { getCreateAddress, keccak256, ZeroAddress, type Provider } from 'ethers'

import { VestingWallet__factory } from '../typechain-types'
import { isBuildOf } from './deployedCode'
import { authorityOf, deploymentPlan, holderOf, plannedWallets } from './deploymentPlan'
import { allocationsOf, GENESIS_GROUPS, SUPPLY } from './deployParameters'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { constructorArguments } from './newRecord'
import { resolved } from './planResolution'
import type { Reference } from './planTypes'
import { roleChecks } from './roleChecks'
import { addressesOf, FACTORIES, SPEC_VERSION, type System } from './system'

export type CheckKind = 'code' | 'pointer' | 'role'

/** One thing that was read back from the chain, and what it should be. */
export interface Check {
  readonly kind: CheckKind
  readonly name: string
  readonly got: string
  readonly expected: string
  readonly passed: boolean
}

/** A read that is under way, and what it should give. */
export type Read = readonly [name: string, read: Promise<unknown>, expected: unknown]

/**
 * Reads a deployed system back: code and constructor arguments, every pointer from one contract to another, every
 * setting, every right, and where the supply went. Nothing is left out when something fails.
 */
export async function systemChecks(system: System): Promise<Check[]> {
  const provider = providerOf(system)
  const roles = await roleChecks(system, provider)
  const genesis = await genesisReads(system, provider)
  const groups = await Promise.all([
    codeChecks(system, provider),
    checked('pointer', argumentReads(system)),
    checked('pointer', [...pointers(system), ...settings(system), ...genesis]),
    checked('role', roles),
  ])
  return groups.flat()
}

async function checked(kind: CheckKind, reads: readonly Read[]): Promise<Check[]> {
  return Promise.all(
    reads.map(async ([name, read, expected]) => {
      const got = await read.then(
        String,
        error => `no answer: ${error instanceof Error ? error.message : error}`,
      )
      return { kind, name, got, expected: String(expected), passed: got === String(expected) }
    }),
  )
}

async function codeChecks(system: System, provider: Provider): Promise<Check[]> {
  const checks = await Promise.all(
    CONTRACT_NAMES.map(async (contract): Promise<Check[]> => {
      const { address, codeHash } = system.record.contracts[contract]
      const code = await provider.getCode(address)
      const got = `${(code.length - 2) / 2} bytes with the hash ${keccak256(code)}`
      const isBuild = isBuildOf(code, FACTORIES[contract].bytecode)
      const isRecorded = keccak256(code) === codeHash
      return [
        {
          kind: 'code',
          name: `${contract}.code`,
          got: isBuild ? 'the code of this build' : got,
          expected: 'the code of this build',
          passed: isBuild,
        },
        {
          kind: 'code',
          name: `${contract}.codeHash`,
          got: isRecorded ? `the hash ${codeHash}` : got,
          expected: `the hash ${codeHash}`,
          passed: isRecorded,
        },
      ]
    }),
  )
  return checks.flat()
}

/** The plan that a system was deployed by. */
export function planOf({ record, parameters }: System) {
  return deploymentPlan(parameters, { deployer: record.deployer, timestamp: record.plannedAt })
}

// The record has to tell what the parameters say: whoever verifies the code starts from its arguments.
function argumentReads(system: System): Read[] {
  const texts = constructorArguments(planOf(system), system.record.contracts)
  return CONTRACT_NAMES.map(name => {
    const recorded = JSON.stringify(system.record.contracts[name].constructorArguments)
    return [`${name}.constructorArguments`, Promise.resolve(recorded), JSON.stringify(texts[name])]
  })
}

function* pointers(system: System): Generator<Read> {
  const { token, contributorRegistry, staking, datanetRegistry, permissionBook, modelRegistry } = system
  const { operatorSet, rewardVault, rewardEscrow, attributionOracle, emissionController } = system
  const { inferencePayments, disputeCourt, committeeArbitrator, governor } = system
  const at = (name: ContractName) => system.record.contracts[name].address

  for (const name of [
    'token',
    'staking',
    'operatorSet',
    'attributionOracle',
    'emissionController',
  ] as const) {
    yield [`${name}.authority`, system[name].authority(), at('access')]
  }
  yield ['committeeArbitrator.authority', committeeArbitrator.authority(), at('access')]
  yield ['disputeCourt.authority', disputeCourt.authority(), at('access')]
  yield ['token.payoutRegistry', token.payoutRegistry(), at('contributorRegistry')]
  yield ['contributorRegistry.token', contributorRegistry.token(), at('token')]
  yield ['staking.token', staking.token(), at('token')]
  yield ['staking.registry', staking.registry(), at('datanetRegistry')]
  yield ['datanetRegistry.staking', datanetRegistry.staking(), at('staking')]
  yield ['permissionBook.registry', permissionBook.registry(), at('datanetRegistry')]
  yield ['modelRegistry.datanetRegistry', modelRegistry.datanetRegistry(), at('datanetRegistry')]
  yield ['operatorSet.token', operatorSet.token(), at('token')]
  yield ['rewardVault.token', rewardVault.token(), at('token')]
  yield ['rewardEscrow.token', rewardEscrow.token(), at('token')]
  yield ['rewardEscrow.vault', rewardEscrow.vault(), at('rewardVault')]
  for (const name of ['operatorSet', 'rewardVault', 'rewardEscrow'] as const) {
    yield [`${name}.oracle`, system[name].oracle(), at('attributionOracle')]
  }
  yield ['attributionOracle.operatorSet', attributionOracle.operatorSet(), at('operatorSet')]
  yield ['attributionOracle.escrow', attributionOracle.escrow(), at('rewardEscrow')]
  yield ['attributionOracle.vault', attributionOracle.vault(), at('rewardVault')]
  yield ['attributionOracle.datanetRegistry', attributionOracle.datanetRegistry(), at('datanetRegistry')]
  for (const name of ['fraudProofs', 'settlementProofs', 'pageDemands'] as const) {
    yield [`${name}.oracle`, system[name].oracle(), at('attributionOracle')]
  }
  yield ['inferencePayments.token', inferencePayments.token(), at('token')]
  yield ['inferencePayments.modelRegistry', inferencePayments.modelRegistry(), at('modelRegistry')]
  yield ['inferencePayments.escrow', inferencePayments.escrow(), at('rewardEscrow')]
  yield ['inferencePayments.staking', inferencePayments.staking(), at('staking')]
  yield ['emissionController.token', emissionController.token(), at('token')]
  yield ['emissionController.escrow', emissionController.escrow(), at('rewardEscrow')]
  yield ['emissionController.datanetRegistry', emissionController.datanetRegistry(), at('datanetRegistry')]
  yield ['emissionController.modelRegistry', emissionController.modelRegistry(), at('modelRegistry')]
  yield ['emissionController.payments', emissionController.payments(), at('inferencePayments')]
  yield ['disputeCourt.token', disputeCourt.token(), at('token')]
  yield ['disputeCourt.staking', disputeCourt.staking(), at('staking')]
  yield ['disputeCourt.arbitrator', disputeCourt.arbitrator(), at('committeeArbitrator')]
  yield ['governor.token', governor.token(), at('token')]
  yield ['governor.timelock', governor.timelock(), at('timelock')]
}

function* settings(system: System): Generator<Read> {
  const { timelock, contributorRegistry, staking, operatorSet, rewardVault, attributionOracle } = system
  const { emissionController, inferencePayments, committeeArbitrator, disputeCourt, governor, pageDemands } =
    system
  const { governance, operators, split, emission, committee, court } = system.parameters
  const address = (value: string | Reference) => resolved(value, addressesOf(system.record))

  yield ['governor.votingDelay', governor.votingDelay(), governance.votingDelay]
  yield ['governor.votingPeriod', governor.votingPeriod(), governance.votingPeriod]
  yield ['governor.proposalThreshold', governor.proposalThreshold(), governance.proposalThreshold]
  yield ['governor.quorumNumerator', governor['quorumNumerator()'](), governance.quorumPercent]
  yield [
    'governor.lateQuorumVoteExtension',
    governor.lateQuorumVoteExtension(),
    governance.lateQuorumExtension,
  ]
  yield ['timelock.getMinDelay', timelock.getMinDelay(), governance.timelockDelay]
  yield [
    'contributorRegistry.recoveryDelay',
    contributorRegistry.recoveryDelay(),
    system.parameters.recoveryDelay,
  ]
  yield ['staking.exitDelay', staking.exitDelay(), system.parameters.staking.exitDelay]
  yield ['operatorSet.minimumBond', operatorSet.minimumBond(), operators.minimumBond]
  yield ['operatorSet.exitDelay', operatorSet.exitDelay(), operators.exitDelay]
  const epoch = attributionOracle.finalEpoch().then(last => last + 1n)
  const members = epoch.then(next => operatorSet.membersOf(next))
  yield ['operatorSet.members', members.then(([accounts]) => accounts.join()), operators.accounts.join()]
  if (operators.accounts.length > 0) {
    yield ['operatorSet.faults', members.then(({ faults }) => faults), operators.faults]
  }
  // A root leaves no event: until the oracle has set one there must be none.
  const rootOf = ({ ledgerRoot, epoch: of }: { ledgerRoot: string; epoch: bigint }) =>
    `${ledgerRoot}, epoch ${of}`
  const noRoot = `0x${'0'.repeat(48)}, epoch 0`
  yield [
    'rewardVault.root before the first final epoch',
    attributionOracle
      .finalEpoch()
      .then(async last => (last === 0n ? rootOf(await rewardVault.root()) : noRoot)),
    noRoot,
  ]
  yield ['rewardVault.specVersion', rewardVault.specVersion(), SPEC_VERSION]
  yield [
    'attributionOracle.challengeWindow',
    attributionOracle.challengeWindow(),
    system.parameters.challengeWindow,
  ]
  yield ['attributionOracle.predecessor', attributionOracle.predecessor(), `0x${'0'.repeat(40)}`]
  yield ['pageDemands.responseWindow', pageDemands.responseWindow(), system.parameters.responseWindow]
  yield [
    'inferencePayments.treasury',
    inferencePayments.treasury(),
    address(authorityOf(system.parameters.treasury)),
  ]
  yield ['inferencePayments.protocolBps', inferencePayments.protocolBps(), split.protocolBps]
  yield ['inferencePayments.stakersBps', inferencePayments.stakersBps(), split.stakersBps]
  yield ['inferencePayments.modelBps', inferencePayments.modelBps(), split.modelBps]
  yield ['emissionController.maximumBudget', emissionController.maximumBudget(), emission.initialBudget]
  yield [
    'emissionController.decayBps',
    emissionController.curve().then(({ current }) => current.decayBps),
    emission.decayBps,
  ]
  yield [
    'emissionController.stepEpochs',
    emissionController.curve().then(({ current }) => current.stepEpochs),
    emission.stepEpochs,
  ]
  yield ['emissionController.epochLength', emissionController.epochLength(), emission.epochLength]
  yield [
    'emissionController.startTime',
    emissionController.startTime(),
    emission.startTime ?? system.record.plannedAt + emission.epochLength,
  ]
  yield ['emissionController.feeCapBps', emissionController.feeCapBps(), emission.feeCap?.capBps ?? 0]
  yield [
    'emissionController.floorPerDatanet',
    emissionController.floorPerDatanet(),
    emission.feeCap?.floorPerDatanet ?? 0n,
  ]
  const committeeNow = committeeArbitrator.committee()
  const expected = committee.members.map(member => address(authorityOf(member)))
  yield ['committeeArbitrator.members', committeeNow.then(({ members }) => members.join()), expected.join()]
  yield [
    'committeeArbitrator.votesNeeded',
    committeeNow.then(({ votesNeeded }) => votesNeeded),
    committee.votesNeeded,
  ]
  yield ['committeeArbitrator.votingPeriod', committeeArbitrator.votingPeriod(), committee.votingPeriod]
  const rules = disputeCourt.parameters()
  for (const name of Object.keys(court) as (keyof typeof court)[]) {
    yield [`disputeCourt.${name}`, rules.then(got => got[name]), court[name]]
  }
}

// What a group got is told by the genesis' transfers, which never change; what is vesting, by its wallets.
async function genesisReads(system: System, provider: Provider): Promise<Read[]> {
  const { genesis, token, record, parameters } = system
  const addresses = addressesOf(record)
  const { address: from, blockNumber } = record.contracts.genesis
  const genesisTime = (await provider.getBlock(blockNumber))?.timestamp ?? 0
  const transfers = token
    .queryFilter(token.filters.Transfer(from), record.blockNumber)
    .then(logs => logs.map(({ args }) => `${args.to} ${args.value}`).sort())
  const expected: string[] = []
  let nonce = 0
  for (const { allotments } of allocationsOf(parameters)) {
    for (const { account, vested, liquid } of allotments) {
      const to = resolved(holderOf(account, record.deployer), addresses)
      if (vested > 0n) expected.push(`${getCreateAddress({ from, nonce: ++nonce })} ${vested}`)
      if (liquid > 0n) expected.push(`${String(to)} ${liquid}`)
    }
  }
  const reads: Read[] = [
    ['token.totalSupply', token.totalSupply().then(got => got <= SUPPLY), true],
    ['genesis.balance', token.balanceOf(from), 0n],
    ['genesis.transfers', transfers.then(list => list.join('; ')), expected.sort().join('; ')],
  ]
  const groups = Object.keys(GENESIS_GROUPS)
  for (const [group, name] of groups.entries()) {
    const wallets = plannedWallets(parameters).filter(wallet => wallet.group === name)
    // One entry for each beneficiary, zero for those who have nothing vesting.
    const planned = allocationsOf(parameters)[group]?.allotments.map((_, i) => {
      const wallet = wallets.find(({ wallet: { index } }) => index === i)?.wallet
      return wallet === undefined ? ZeroAddress : resolved(wallet, addresses)
    })
    reads.push([`genesis.${name}.allocated`, genesis.allocated(group), true])
    reads.push([`genesis.${name}.wallets`, genesis.walletsOf(group).then(got => got.join()), planned?.join()])
  }
  for (const { group, account, vested, wallet } of plannedWallets(parameters)) {
    const address = String(resolved(wallet, addresses))
    const { start, duration } = parameters.genesis[group as keyof typeof GENESIS_GROUPS]
    const contract = VestingWallet__factory.connect(address, provider)
    const label = `vesting ${group} ${address}`
    const funded = Promise.all([token.balanceOf(address), contract['released(address)'](token)])
    reads.push([`${label}.owner`, contract.owner(), resolved(holderOf(account, record.deployer), addresses)])
    reads.push([`${label}.start`, contract.start(), genesisTime + start])
    reads.push([`${label}.duration`, contract.duration(), duration])
    reads.push([`${label}.funded`, funded.then(([held, released]) => held + released >= vested), true])
    if (account === 'emissionController') {
      reads.push(['emissionController.vestingWallet', system.emissionController.vestingWallet(), address])
    }
  }
  return reads
}

function providerOf(system: System): Provider {
  return system.token.runner?.provider as Provider
}
