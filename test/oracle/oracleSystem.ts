import type { SignerWithAddress } from '@nomicfoundation/hardhat-ethers/signers'
import { time } from '@nomicfoundation/hardhat-network-helpers'
import { Signature, concat, id } from 'ethers'
import { ethers } from 'hardhat'

import type { AttributionOracle, IAttributionOracle, OpenAccess } from '../../typechain-types'
import type { DomainInputs } from '../libraries/treeLeaves'
import { type Earned, epochTrees } from './epochTrees'

export const WINDOW = 86_400
export const EXIT_DELAY = 3 * WINDOW
export const BOND = 1001n
export const POOL = (1n << 32n) | 1n

/** The signers of a post by the first operator, or by the second, alone. */
export const OPERATOR = 1
export const RIVAL = 2

export type Post = IAttributionOracle.PostStruct

/**
 * Everything around the oracle, really deployed: five contributors, a funded pool and two bonded operators, one of whom
 * is a quorum. `owner` holds every role, and `prover` is an account that may reject.
 */
export async function oracleSystem() {
  const [owner, operator, rival, challenger, prover, guardian, ...others] = await ethers.getSigners()
  const contributors = others.slice(0, 5)
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, EXIT_DELAY])
  const registry = await ethers.deployContract('DatanetRegistry', [staking])
  const operators = await ethers.deployContract('OperatorSet', [token, access, owner!, BOND, EXIT_DELAY])
  const vault = await ethers.deployContract('RewardVault', [token, owner!, 1])
  const escrow = await ethers.deployContract('RewardEscrow', [token, vault, owner!])
  const parts = [operators, escrow, vault, registry, access] as const
  const oracle = await ethers.deployContract('AttributionOracle', [...parts, WINDOW, ethers.ZeroAddress])

  await token.setDistributor(vault, true)
  await staking.setRegistry(registry)
  for (const part of [operators, escrow, vault]) await part.setOracle(oracle)
  await oracle.setProver(prover!, true)
  await allowGuardian(access, oracle, guardian!)

  await registry.createDatanet('Solidity code', id('metadata'), 0)
  for (const contributor of contributors) {
    await registry.connect(contributor).commit(1, id(contributor.address), id('manifest'))
  }
  await token.approve(escrow, ethers.MaxUint256)
  await escrow.fund(POOL, 10_000n)
  for (const account of [operator!, rival!]) {
    await token.transfer(account, 10n * BOND)
    await token.connect(account).approve(operators, ethers.MaxUint256)
    await operators.connect(account).bond(BOND)
  }
  await operators.setOperators([operator!, rival!], 0, 1)
  await oracle.openEpoch(1, id('configuration 1'))
  await oracle.openEpoch(2, id('configuration 2'))

  const domains: DomainInputs = { chainId: 31337n, vault: await vault.getAddress(), specVersion: 1 }
  return {
    access,
    token,
    registry,
    operators,
    escrow,
    vault,
    oracle,
    /** the oracle's first constructor arguments */
    parts,
    domains,
    owner: owner!,
    operator: operator!,
    rival: rival!,
    challenger: challenger!,
    prover: prover!,
    guardian: guardian!,
    contributors,
    accounts: contributors.map(({ address }) => address),
  }
}

export type OracleSystem = Awaited<ReturnType<typeof oracleSystem>>

const GUARDIAN = 1

async function allowGuardian(
  access: OpenAccess,
  oracle: AttributionOracle,
  guardian: SignerWithAddress,
): Promise<void> {
  const selectors = (['cancelPending', 'pauseClaims', 'resumeClaims'] as const).map(
    name => oracle.interface.getFunction(name).selector,
  )
  await access.setTargetFunctionRole(oracle, selectors, GUARDIAN)
  await access.grantRole(GUARDIAN, guardian, 0)
}

/** The trees and the post of an epoch in which contributor `i` had earned `before[i]` and earns `earned[i]` per pool. */
export function epochOf(system: OracleSystem, epoch: number, earned: Earned, before: bigint[] = []) {
  const trees = epochTrees(system.domains, system.accounts, earned, before)
  return { ...trees, post: postOf(epoch, trees) }
}

export type EpochFixture = ReturnType<typeof epochOf>

export function postOf(epoch: number, trees: ReturnType<typeof epochTrees>): Post {
  return {
    epoch,
    specVersion: 1,
    configDigest: id(`configuration ${epoch}`),
    blockNumber: 1,
    blockHash: id('block'),
    inputsDigest: id('inputs'),
    ledgerRoot: trees.ledger.tree.root,
    journalRoot: trees.journal.tree.root,
    manifestRoot: trees.manifest.tree.root,
    ledgerCount: trees.ledger.entries.length,
    journalCount: trees.journal.entries.length,
    manifestCount: trees.manifest.entries.length,
    total: trees.total,
    dataDigest: id('data'),
  }
}

/** Posts as the operator and makes final. */
export async function finalize({ oracle, operator }: OracleSystem, post: Post) {
  await oracle.connect(operator).post(post, OPERATOR, '0x')
  await time.increase(WINDOW)
  await oracle.finalize(post, OPERATOR)
}

/** Signatures of a post as the oracle takes them, in the order of the accounts. */
export async function attest(
  oracle: AttributionOracle,
  post: Post,
  accounts: readonly SignerWithAddress[],
): Promise<string> {
  const operators = await ethers.getContractAt('OperatorSet', await oracle.operatorSet())
  const domain = {
    name: 'OpenDatanets AttributionOracle',
    version: '1',
    chainId: 31337n,
    verifyingContract: await oracle.getAddress(),
  }
  const value = { post, operatorSet: await operators.setDigest(post.epoch), attempt: await oracle.attempt() }
  const signatures = accounts.map(account => account.signTypedData(domain, ATTESTATION, value))
  return concat((await Promise.all(signatures)).map(compact))
}

/** 64 bytes: r, and s with the parity above it (EIP-2098). */
export function compact(signature: string): string {
  return Signature.from(signature).compactSerialized
}

export const ATTESTATION = {
  Attestation: [
    { name: 'post', type: 'Post' },
    { name: 'operatorSet', type: 'bytes32' },
    { name: 'attempt', type: 'uint32' },
  ],
  Post: [
    { name: 'epoch', type: 'uint32' },
    { name: 'specVersion', type: 'uint32' },
    { name: 'configDigest', type: 'bytes32' },
    { name: 'blockNumber', type: 'uint64' },
    { name: 'blockHash', type: 'bytes32' },
    { name: 'inputsDigest', type: 'bytes32' },
    { name: 'ledgerRoot', type: 'bytes24' },
    { name: 'journalRoot', type: 'bytes24' },
    { name: 'manifestRoot', type: 'bytes24' },
    { name: 'ledgerCount', type: 'uint32' },
    { name: 'journalCount', type: 'uint32' },
    { name: 'manifestCount', type: 'uint32' },
    { name: 'total', type: 'uint128' },
    { name: 'dataDigest', type: 'bytes32' },
  ],
}
