import { id } from 'ethers'
import { ethers } from 'hardhat'

import type { Post } from '../../attribution-oracle/src/domain'
import {
  type JournalLeaf,
  type LedgerLeaf,
  type ManifestLeaf,
  type Posted,
  type SettlementLeaf,
  TreeBuilder,
  loadKeccak,
  settlePools,
  treeDomains,
} from '../../attribution-oracle/src/settlement'

export const WINDOW = 86_400
export const RESPONSE = 7_200
export const SIGNERS = 1
export const ITEMS = 40
const BOND = 1_001n

/** The leaves of an epoch, open to change; settlements by pool id. */
export interface Epoch {
  settlements: Map<bigint, SettlementLeaf[]>
  manifest: ManifestLeaf[]
  journal: JournalLeaf[]
  ledger: LedgerLeaf[]
  total: bigint
}

/** Weights by pool id, contributor and number of the item. */
export type Weights = ReadonlyMap<bigint, readonly [contributor: number, item: number, weight: bigint][]>

/** The real contracts with `contributors` accounts that committed 40 items each, and one bonded operator. */
export async function corruptionScene(contributors = 6) {
  const [owner, operator, challenger, ...others] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [owner!])
  const token = await ethers.deployContract('OpenToken', [owner!, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, 3_600])
  const registry = await ethers.deployContract('DatanetRegistry', [staking])
  const operators = await ethers.deployContract('OperatorSet', [token, access, owner!, BOND, 2 * WINDOW])
  const vault = await ethers.deployContract('RewardVault', [token, owner!, 1])
  const escrow = await ethers.deployContract('RewardEscrow', [token, vault, owner!])
  const oracle = await ethers.deployContract('AttributionOracle', [
    operators,
    escrow,
    vault,
    registry,
    access,
    WINDOW,
    ethers.ZeroAddress,
  ])
  const fraudProofs = await ethers.deployContract('FraudProofs', [oracle, registry])
  const settlementProofs = await ethers.deployContract('SettlementProofs', [oracle])
  const pageDemands = await ethers.deployContract('PageDemands', [oracle, RESPONSE])

  await token.setDistributor(vault, true)
  for (const part of [vault, escrow, operators]) await part.setOracle(oracle)
  for (const prover of [fraudProofs, settlementProofs, pageDemands]) await oracle.setProver(prover, true)
  await operators.setOperators([operator!], 0, 1)
  await token.transfer(operator!, BOND)
  await token.connect(operator!).approve(operators, BOND)
  await operators.connect(operator!).bond(BOND)
  await registry.createDatanet('Solidity code', id('metadata'), 0)
  const members = others.slice(0, contributors)
  for (const member of members) await registry.connect(member).commitBatch(1, id('items'), ITEMS, id('batch'))
  await token.approve(escrow, ethers.MaxUint256)
  for (const epoch of [1, 2]) await oracle.openEpoch(epoch, id(`configuration ${epoch}`))

  const keccak = await loadKeccak()
  const trees = new TreeBuilder(keccak, treeDomains(keccak, 31337, await vault.getAddress(), 1))
  return {
    token,
    registry,
    operators,
    vault,
    escrow,
    oracle,
    fraudProofs,
    settlementProofs,
    pageDemands,
    keccak,
    trees,
    owner: owner!,
    operator: operator!,
    challenger: challenger!,
    accounts: members.map(({ address }) => address),
  }
}

export type CorruptionScene = Awaited<ReturnType<typeof corruptionScene>>

/** Funds pools on chain; returns what each was ever funded. */
export async function fund({ escrow }: CorruptionScene, amounts: ReadonlyMap<bigint, bigint>) {
  const funded = new Map<bigint, bigint>()
  for (const [poolId, amount] of amounts) {
    if (amount > 0n) await escrow.fund(poolId, amount)
    const all = await escrow.funded(poolId)
    if (all > 0n) funded.set(poolId, all)
  }
  return funded
}

/** The honest epoch over pools, for the first `joined` contributors. */
export function honest(
  { trees, accounts }: CorruptionScene,
  funded: ReadonlyMap<bigint, bigint>,
  weights: Weights,
  joined: number,
  last?: Epoch,
): Epoch {
  const before = new Map(last?.manifest.map(leaf => [leaf.poolId, leaf.cumulative]))
  const settled = settlePools(trees, {
    pools: [...funded].map(([poolId, all]) => ({
      poolId,
      funded: all,
      paidBefore: before.get(poolId) ?? 0n,
      weights: new Map(
        (weights.get(poolId) ?? []).map(([contributor, item, weight]) => [
          (BigInt(contributor) << 32n) | BigInt(item),
          weight,
        ]),
      ),
    })),
    accounts: accounts.slice(0, joined),
    previous: (last?.ledger ?? []).map(leaf => leaf.cumulative),
    contributorOf: contributionId => Number(contributionId >> 32n),
  })
  const copy = <L extends object>(leaves: readonly L[]): L[] => leaves.map(leaf => ({ ...leaf }))
  return {
    settlements: new Map(settled.pools.map(pool => [pool.poolId, copy(pool.settlement.leaves)])),
    manifest: copy(settled.manifest.leaves),
    journal: copy(settled.journal.leaves),
    ledger: copy(settled.ledger.leaves),
    total: settled.total,
  }
}

export function cloned(epoch: Epoch): Epoch {
  const copy = <L extends object>(leaves: readonly L[]): L[] => leaves.map(leaf => ({ ...leaf }))
  return {
    settlements: new Map([...epoch.settlements].map(([poolId, leaves]) => [poolId, copy(leaves)])),
    manifest: copy(epoch.manifest),
    journal: copy(epoch.journal),
    ledger: copy(epoch.ledger),
    total: epoch.total,
  }
}

/** The post over an epoch's leaves, as they are. */
export function postOf({ trees }: CorruptionScene, number: number, epoch: Epoch): Post {
  return {
    epoch: number,
    specVersion: 1,
    configDigest: id(`configuration ${number}`) as Post['configDigest'],
    blockNumber: 1,
    blockHash: id('block') as Post['blockHash'],
    inputsDigest: id('inputs') as Post['inputsDigest'],
    ledgerRoot: trees.ledger(epoch.ledger).tree.root,
    journalRoot: trees.journal(epoch.journal).tree.root,
    manifestRoot: trees.manifest(epoch.manifest).tree.root,
    ledgerCount: epoch.ledger.length,
    journalCount: epoch.journal.length,
    manifestCount: epoch.manifest.length,
    total: epoch.total,
    dataDigest: id('data') as Post['dataDigest'],
  }
}

/** What a verifier sees of a post whose leaves were all published. */
export function postedOf(
  scene: CorruptionScene,
  post: Post,
  epoch: Epoch,
  funded: ReadonlyMap<bigint, bigint>,
  last?: { post: Post; epoch: Epoch },
): Posted {
  const { trees, accounts } = scene
  return {
    post,
    ledger: trees.ledger(epoch.ledger),
    journal: trees.journal(epoch.journal),
    manifest: trees.manifest(epoch.manifest),
    settlements: new Map(
      [...epoch.settlements].map(([poolId, leaves]) => [poolId, trees.settlement(poolId, leaves)]),
    ),
    last: last && {
      post: last.post,
      ledger: trees.ledger(last.epoch.ledger),
      manifest: trees.manifest(last.epoch.manifest),
    },
    accounts,
    committed: accounts.map(() => ITEMS),
    funded,
  }
}
