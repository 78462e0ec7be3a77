import { keccak256 } from 'ethers'

import { isBuildOf } from './deployedCode'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import { FACTORIES, SPEC_VERSION, type Contracts, type System } from './system'

const OWNED = [
  'token',
  'rewardEscrow',
  'operatorSet',
  'rewardVault',
  'attributionOracle',
  'emissionController',
  'inferencePayments',
] as const satisfies readonly ContractName[]

/** The contracts that have an owner, by name. */
export function ownedContracts(contracts: Contracts) {
  return OWNED.map(name => [name, contracts[name]] as const)
}

/**
 * Reads a deployed system back: code against this build and the record's hashes, owners, and every pointer from one
 * contract to another.
 * @throws ProtocolError CODE_MISMATCH, POINTER_MISMATCH.
 */
export async function checkSystem(system: System): Promise<void> {
  for (const name of CONTRACT_NAMES) await checkCode(system, name)
  for (const [pointer, read, expected] of [...owners(system), ...pointers(system), ...settings(system)]) {
    const got = String(await read)
    if (got !== String(expected)) {
      throw new ProtocolError('POINTER_MISMATCH', { pointer, got, expected: String(expected) })
    }
  }
}

async function checkCode(system: System, contract: ContractName): Promise<void> {
  const { address, codeHash } = system.record.contracts[contract]
  const code = (await system[contract].runner?.provider?.getCode(address)) ?? '0x'
  const got = `${(code.length - 2) / 2} bytes with the hash ${keccak256(code)}`
  if (!isBuildOf(code, FACTORIES[contract].bytecode)) {
    throw new ProtocolError('CODE_MISMATCH', { contract, address, got, expected: 'the code of this build' })
  }
  if (keccak256(code) !== codeHash) {
    throw new ProtocolError('CODE_MISMATCH', { contract, address, got, expected: `the hash ${codeHash}` })
  }
}

type Read = readonly [pointer: string, read: Promise<unknown>, expected: unknown]

// A new owner is offered the contract and may have accepted it already.
function* owners(system: System): Generator<Read> {
  const { deployer } = system.record
  const owner = system.parameters.owner ?? deployer
  for (const [name, contract] of ownedContracts(system)) {
    const heir = contract
      .pendingOwner()
      .then(async pending => (BigInt(pending) === 0n ? contract.owner() : pending))
    yield [`${name}.owner`, heir, owner]
  }
}

function* pointers(system: System): Generator<Read> {
  const { token, modelRegistry, rewardEscrow, operatorSet, rewardVault } = system
  const { attributionOracle, fraudProofs, emissionController, inferencePayments } = system
  const at = (name: ContractName) => system.record.contracts[name].address

  yield ['token.isDistributor(rewardVault)', token.isDistributor(at('rewardVault')), true]
  yield ['modelRegistry.datanetRegistry', modelRegistry.datanetRegistry(), at('datanetRegistry')]
  yield ['rewardEscrow.token', rewardEscrow.token(), at('token')]
  yield ['rewardEscrow.oracle', rewardEscrow.oracle(), at('attributionOracle')]
  yield ['rewardEscrow.vault', rewardEscrow.vault(), at('rewardVault')]
  yield ['operatorSet.token', operatorSet.token(), at('token')]
  yield ['operatorSet.oracle', operatorSet.oracle(), at('attributionOracle')]
  yield ['rewardVault.token', rewardVault.token(), at('token')]
  yield ['rewardVault.oracle', rewardVault.oracle(), at('attributionOracle')]
  yield ['attributionOracle.operatorSet', attributionOracle.operatorSet(), at('operatorSet')]
  yield ['attributionOracle.escrow', attributionOracle.escrow(), at('rewardEscrow')]
  yield ['attributionOracle.vault', attributionOracle.vault(), at('rewardVault')]
  yield ['attributionOracle.datanetRegistry', attributionOracle.datanetRegistry(), at('datanetRegistry')]
  yield ['attributionOracle.fraudProofs', attributionOracle.fraudProofs(), at('fraudProofs')]
  yield ['fraudProofs.oracle', fraudProofs.oracle(), at('attributionOracle')]
  yield ['fraudProofs.datanetRegistry', fraudProofs.datanetRegistry(), at('datanetRegistry')]
  yield ['fraudProofs.escrow', fraudProofs.escrow(), at('rewardEscrow')]
  yield ['emissionController.token', emissionController.token(), at('token')]
  yield ['emissionController.escrow', emissionController.escrow(), at('rewardEscrow')]
  yield ['inferencePayments.token', inferencePayments.token(), at('token')]
  yield ['inferencePayments.modelRegistry', inferencePayments.modelRegistry(), at('modelRegistry')]
  yield ['inferencePayments.escrow', inferencePayments.escrow(), at('rewardEscrow')]
}

function* settings(system: System): Generator<Read> {
  const { operatorSet, rewardVault, attributionOracle, emissionController, inferencePayments, parameters } =
    system
  const { split, emission } = parameters
  yield ['rewardVault.specVersion', rewardVault.specVersion(), SPEC_VERSION]
  yield ['operatorSet.minimumBond', operatorSet.minimumBond(), parameters.minimumBond]
  yield ['operatorSet.exitDelay', operatorSet.exitDelay(), parameters.exitDelay]
  yield ['attributionOracle.challengeWindow', attributionOracle.challengeWindow(), parameters.challengeWindow]
  yield ['emissionController.amountPerEpoch', emissionController.amountPerEpoch(), emission.amountPerEpoch]
  yield ['emissionController.epochLength', emissionController.epochLength(), emission.epochLength]
  yield [
    'inferencePayments.treasury',
    inferencePayments.treasury(),
    parameters.treasury ?? system.record.deployer,
  ]
  yield ['inferencePayments.protocolBps', inferencePayments.protocolBps(), split.protocolBps]
  yield ['inferencePayments.stakersBps', inferencePayments.stakersBps(), split.stakersBps]
  yield ['inferencePayments.modelBps', inferencePayments.modelBps(), split.modelBps]
  for (const operator of parameters.operators) {
    yield [`operatorSet.isOperator(${operator})`, operatorSet.isOperator(operator), true]
  }
}
