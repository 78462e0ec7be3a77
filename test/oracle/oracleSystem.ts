import { time } from '@nomicfoundation/hardhat-network-helpers'
import { id } from 'ethers'
import { ethers } from 'hardhat'

import type { IAttributionOracle } from '../../typechain-types'
import type { DomainInputs } from '../libraries/treeLeaves'
import { type Earned, epochTrees } from './epochTrees'

export const WINDOW = 3600
export const EXIT_DELAY = 7200
export const BOND = 1001n
export const POOL = (1n << 32n) | 1n

export type Post = IAttributionOracle.PostStruct

/** Everything around the oracle, really deployed: five contributors, a funded pool and two bonded operators. */
export async function oracleSystem() {
  const [owner, operator, rival, challenger, ...others] = await ethers.getSigners()
  const contributors = others.slice(0, 5)
  const token = await ethers.deployContract('OpenToken', [owner!, owner!])
  const registry = await ethers.deployContract('DatanetRegistry')
  const operators = await ethers.deployContract('OperatorSet', [token, owner!, BOND, EXIT_DELAY])
  const escrow = await ethers.deployContract('RewardEscrow', [token, owner!])
  const vault = await ethers.deployContract('RewardVault', [token, owner!, 1])
  const oracle = await ethers.deployContract('AttributionOracle', [
    operators,
    escrow,
    vault,
    registry,
    owner!,
    WINDOW,
  ])
  const fraudProofs = await ethers.deployContract('FraudProofs', [oracle, registry])

  await token.setDistributor(vault, true)
  await operators.setOracle(oracle)
  await escrow.setOracle(oracle, vault)
  await vault.setOracle(oracle)
  await oracle.setFraudProofs(fraudProofs)

  await registry.createDatanet('Solidity code', id('metadata'), 0)
  for (const contributor of contributors) {
    await registry.connect(contributor).commit(1, id(contributor.address), id('manifest'))
  }
  await token.approve(escrow, ethers.MaxUint256)
  await escrow.fund(POOL, 10_000n)
  for (const account of [operator!, rival!]) {
    await operators.setOperator(account, true)
    await token.transfer(account, 10n * BOND)
    await token.connect(account).approve(operators, ethers.MaxUint256)
    await operators.connect(account).bond(BOND)
  }
  await oracle.openEpoch(1, id('configuration 1'))
  await oracle.openEpoch(2, id('configuration 2'))

  const domains: DomainInputs = { chainId: 31337n, vault: await vault.getAddress(), specVersion: 1 }
  return {
    token,
    registry,
    operators,
    escrow,
    vault,
    oracle,
    fraudProofs,
    domains,
    owner: owner!,
    operator: operator!,
    rival: rival!,
    challenger: challenger!,
    contributors,
    accounts: contributors.map(({ address }) => address),
  }
}

export type OracleSystem = Awaited<ReturnType<typeof oracleSystem>>

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
  await oracle.connect(operator).post(post)
  await time.increase(WINDOW)
  await oracle.finalize(post)
}
