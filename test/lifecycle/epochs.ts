import { id } from 'ethers'
import { ethers } from 'hardhat'

import { type Post, poolParts } from '../../attribution-oracle/src/domain'
import {
  type JournalLeaf,
  type LedgerLeaf,
  type ManifestLeaf,
  type Posted,
  type Settlement,
  type SettlementLeaf,
  settlePools,
} from '../../attribution-oracle/src/settlement'
import { SPEC_VERSION, type System } from '../../scripts/system'
import type { World } from './world'

const CURATED = 2n

/** What the chain says up to now, all of it from events. */
export interface ChainFacts {
  /** by contributor index */
  readonly accounts: readonly string[]
  /** items that each contributor committed, withdrawn or refused ones too */
  readonly committed: readonly number[]
  /** contribution ids that may earn, by datanet */
  readonly items: ReadonlyMap<number, readonly bigint[]>
  readonly datanetOfModel: ReadonlyMap<number, number>
  /** ever funded by pool id */
  readonly funded: ReadonlyMap<bigint, bigint>
}

/** An honest epoch: what was read, what was settled, what is posted. */
export interface SettledEpoch {
  readonly facts: ChainFacts
  readonly settlement: Settlement
  readonly post: Post
}

/** The leaves behind a post, open to change, and the counts that it claims. */
export interface Leaves {
  readonly settlements: Map<bigint, SettlementLeaf[]>
  readonly manifest: ManifestLeaf[]
  readonly journal: JournalLeaf[]
  readonly ledger: LedgerLeaf[]
  readonly post: Post
}

/** The epoch manager fixes how epochs will be computed. */
export async function openEpochs({ system, cast }: World, epochs: readonly number[]): Promise<void> {
  const oracle = system.attributionOracle.connect(cast.epochManager)
  for (const epoch of epochs) await oracle.openEpoch(epoch, configOf(epoch))
}

/** Reads the chain, weighs every contribution, and settles with the oracle's own code. */
export async function settleEpoch(world: World): Promise<SettledEpoch> {
  const { system, trees, epochs } = world
  const last = epochs.at(-1)
  const facts = await readChain(system)
  const paid = new Map(last?.settlement.manifest.leaves.map(leaf => [leaf.poolId, leaf.cumulative]))
  const settlement = settlePools(trees, {
    pools: [...facts.funded].map(([poolId, funded]) => ({
      poolId,
      funded,
      paidBefore: paid.get(poolId) ?? 0n,
      weights: weightsOf(facts, poolId),
    })),
    accounts: facts.accounts,
    previous: (last?.settlement.ledger.leaves ?? []).map(leaf => leaf.cumulative),
    contributorOf: contributionId => Number(contributionId >> 32n),
  })
  const block = (await ethers.provider.getBlock('latest'))!
  const number = epochs.length + 1
  const post: Post = {
    epoch: number,
    specVersion: SPEC_VERSION,
    configDigest: configOf(number),
    blockNumber: block.number,
    blockHash: block.hash as Post['blockHash'],
    inputsDigest: id(`inputs ${number}`) as Post['inputsDigest'],
    ledgerRoot: settlement.ledger.tree.root,
    journalRoot: settlement.journal.tree.root,
    manifestRoot: settlement.manifest.tree.root,
    ledgerCount: settlement.ledger.leaves.length,
    journalCount: settlement.journal.leaves.length,
    manifestCount: settlement.manifest.leaves.length,
    total: settlement.total,
    dataDigest: id(`data ${number}`) as Post['dataDigest'],
  }
  return { facts, settlement, post }
}

/** A copy of an honest epoch's leaves, to be lied with. */
export function leavesOf({ settlement, post }: SettledEpoch): Leaves {
  const copy = <L extends object>(leaves: readonly L[]): L[] => leaves.map(leaf => ({ ...leaf }))
  return {
    settlements: new Map(settlement.pools.map(pool => [pool.poolId, copy(pool.settlement.leaves)])),
    manifest: copy(settlement.manifest.leaves),
    journal: copy(settlement.journal.leaves),
    ledger: copy(settlement.ledger.leaves),
    post: { ...post },
  }
}

/** What a verifier sees once the leaves are posted and published: trees over them as they are. */
export function published({ trees }: World, leaves: Leaves, facts: ChainFacts, last?: SettledEpoch): Posted {
  const settlements = new Map(
    [...leaves.settlements].map(([poolId, weights]) => [poolId, trees.settlement(poolId, weights)]),
  )
  for (const pool of leaves.manifest) {
    const settlement = settlements.get(pool.poolId)
    if (settlement) pool.settlementRoot = settlement.tree.root
  }
  const [ledger, journal, manifest] = [
    trees.ledger(leaves.ledger),
    trees.journal(leaves.journal),
    trees.manifest(leaves.manifest),
  ]
  return {
    post: {
      ...leaves.post,
      ledgerRoot: ledger.tree.root,
      journalRoot: journal.tree.root,
      manifestRoot: manifest.tree.root,
    },
    ledger,
    journal,
    manifest,
    settlements,
    last: last && {
      post: last.post,
      ledger: last.settlement.ledger,
      manifest: last.settlement.manifest,
    },
    accounts: facts.accounts,
    committed: facts.committed,
    funded: facts.funded,
  }
}

async function readChain({ datanetRegistry, modelRegistry, rewardEscrow, record }: System) {
  const from = record.blockNumber
  const { filters } = datanetRegistry
  const [registered, batches, decisions, withdrawals, datanets, models, fundings] = await Promise.all([
    datanetRegistry.queryFilter(filters.ContributorRegistered(), from),
    datanetRegistry.queryFilter(filters.BatchCommitted(), from),
    datanetRegistry.queryFilter(filters.BatchDecided(), from),
    datanetRegistry.queryFilter(filters.ContributionsWithdrawn(), from),
    datanetRegistry.queryFilter(filters.DatanetCreated(), from),
    modelRegistry.queryFilter(modelRegistry.filters.ModelRegistered(), from),
    rewardEscrow.queryFilter(rewardEscrow.filters.PoolFunded(), from),
  ])
  const curated = new Set(
    datanets.filter(({ args }) => args.policy === CURATED).map(one => one.args.datanetId),
  )
  const accepted = new Map(decisions.map(({ args }) => [args.batchId, args.accepted]))
  const withdrawn = new Set(
    withdrawals.flatMap(({ args }) => idsFrom(args.firstContributionId, Number(args.count))),
  )
  const accounts = registered.map(({ args }) => args.account)
  const committed = accounts.map(() => 0)
  const items = new Map<number, bigint[]>()
  for (const { args } of batches) {
    const { datanetId, firstContributionId, itemCount } = args
    committed[Number(firstContributionId >> 32n)]! += Number(itemCount)
    if (curated.has(datanetId) && accepted.get(firstContributionId) !== true) continue
    const ids = idsFrom(firstContributionId, Number(itemCount)).filter(one => !withdrawn.has(one))
    items.set(Number(datanetId), [...(items.get(Number(datanetId)) ?? []), ...ids])
  }
  return {
    accounts,
    committed,
    items,
    datanetOfModel: new Map(models.map(({ args }) => [Number(args.modelId), Number(args.datanetId)])),
    funded: new Map(fundings.map(({ args }) => [args.poolId, args.poolTotal])),
  }
}

/** Stands for the scoring: some weight for each item of a datanet, and for a third of them in a model's pool. */
function weightsOf({ items, datanetOfModel }: ChainFacts, pool: bigint): ReadonlyMap<bigint, bigint> {
  const { kind, id: number } = poolParts(pool)!
  const datanetId = kind === 'datanet' ? number : datanetOfModel.get(number)!
  const counted = (items.get(datanetId) ?? []).filter(one => kind === 'datanet' || one % 3n === 0n)
  return new Map(counted.map(one => [one, 1n + ((one * 2_654_435_761n + pool * 40_503n) % 999_983n)]))
}

function idsFrom(first: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => first + BigInt(i))
}

function configOf(epoch: number): Post['configDigest'] {
  return id(`configuration ${epoch}`) as Post['configDigest']
}
