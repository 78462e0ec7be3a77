import { time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { id, type Signer } from 'ethers'
import { ethers } from 'hardhat'

import type { ClaimsFile } from '../../scripts/claimsFile'
import { readDeployParameters } from '../../scripts/deployParameters'
import type { System } from '../../scripts/system'
import type { Post } from '../../scripts/postFile'
import { epochTrees } from '../oracle/epochTrees'
import { deployExample, LOCAL } from './deployExample'

export const CONFIG = id('configuration')

const POOL_FUNDS = 1_000n * 10n ** 18n

/** A system with these operators, of whom `faults` may be faulty. */
export async function deployWithOperators(
  deployer: Signer,
  operators: readonly Signer[],
  faults = 0,
): Promise<System> {
  const parameters = await readDeployParameters(LOCAL)
  const accounts = await Promise.all(operators.map(operator => operator.getAddress()))
  return deployExample(deployer, { operators: { ...parameters.operators, accounts, faults } })
}

/** Opens an epoch as the epoch manager does. */
export async function openEpoch({ attributionOracle, parameters }: System, epoch: number): Promise<void> {
  const manager = await ethers.getSigner(parameters.roles.epochManager)
  await attributionOracle.connect(manager).openEpoch(epoch, CONFIG)
}

/** Registers contributors 0 to n - 1, funds a pool, and bonds operators, so that epochs can be posted. */
export async function readyForEpochs(
  system: System,
  operators: readonly Signer[],
  contributors: readonly Signer[],
) {
  const { token, datanetRegistry, rewardEscrow, operatorSet, parameters } = system
  await datanetRegistry.createDatanet('Solidity code', id('metadata'), 0)
  for (const contributor of contributors) {
    await datanetRegistry.connect(contributor).commit(1, id('item'), id('manifest'))
  }
  await token.approve(rewardEscrow, POOL_FUNDS)
  await rewardEscrow.fund((1n << 32n) | 1n, POOL_FUNDS)
  const { minimumBond } = parameters.operators
  for (const operator of operators) {
    await token.transfer(operator, minimumBond * 10n)
    await token.connect(operator).approve(operatorSet, minimumBond * 10n)
    await operatorSet.connect(operator).bond(minimumBond)
  }
}

/** The honest post of an epoch, and the claims file that an oracle would publish with it. */
export async function epochOf(
  system: System,
  epoch: number,
  earned: readonly bigint[],
  before: readonly bigint[] = [],
): Promise<{ post: Post; claims: ClaimsFile }> {
  const { datanetRegistry, record } = system
  const vault = record.contracts.rewardVault.address
  const accounts = await Promise.all(earned.map((_, i) => datanetRegistry.contributorAt(i)))
  const domains = { chainId: BigInt(record.chainId), vault, specVersion: 1 }
  const rows = earned.map(amount => [amount])
  const { ledger, journal, manifest, total } = epochTrees(domains, accounts, rows, [...before])
  const post: Post = {
    epoch,
    specVersion: 1,
    configDigest: CONFIG,
    blockNumber: 1n,
    blockHash: id('block'),
    inputsDigest: id('inputs'),
    ledgerRoot: ledger.tree.root,
    journalRoot: journal.tree.root,
    manifestRoot: manifest.tree.root,
    ledgerCount: ledger.entries.length,
    journalCount: journal.entries.length,
    manifestCount: manifest.entries.length,
    total,
    dataDigest: id('data'),
  }
  const entries = ledger.entries.map(({ account, cumulative, prefix }, index) => {
    const epochAmount = earned[index] ?? 0n
    const pools = [{ poolId: String((1n << 32n) | 1n), amount: epochAmount }]
    return [
      account,
      { index, cumulative, prefix, proof: ledger.tree.proof(index), epochAmount, pools },
    ] as const
  })
  const claims: ClaimsFile = {
    format: 'open-datanets/claims',
    version: 1,
    chainId: record.chainId,
    vault,
    epoch,
    ledgerRoot: ledger.tree.root,
    total,
    accounts: Object.fromEntries(entries),
  }
  return { post, claims }
}

/** Waits the challenge window out and makes the pending post final. */
export async function finalize(system: System, post: Post, signers = 1): Promise<void> {
  await time.increase(system.parameters.challengeWindow)
  await system.attributionOracle.finalize(post, signers)
}

/** A claims file as it is published. */
export function claimsJson(claims: ClaimsFile): string {
  return JSON.stringify(claims, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}
