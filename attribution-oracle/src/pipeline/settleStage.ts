import { epochBlocks, type Block } from '../content'
import {
  canonicalBytes,
  sha256,
  SPEC_VERSION,
  type EpochData,
  type EpochInputs,
  type Observe,
  type Post,
  type Row,
} from '../domain'
import { settlePools, type Settlement, type TreeBuilder } from '../settlement'
import type { Before } from './previousEpoch'
import type { Scored } from './scoreStage'

/** An epoch that is ready to be published and posted. */
export interface Settled {
  settlement: Settlement
  data: EpochData
  blocks: readonly Block[]
  post: Post
}

/** From weights to the post. The same inputs, scores and configuration give the same bytes. */
export async function settleStage(
  trees: TreeBuilder,
  inputs: EpochInputs,
  config: Uint8Array,
  scored: Scored,
  before: Before,
  observe?: Observe,
): Promise<Settled> {
  const started = performance.now()
  const settlement = settleWeights(trees, inputs, scored, before)
  const seconds = (performance.now() - started) / 1000
  observe?.({ kind: 'tree', epoch: inputs.epoch, leaves: settlement.ledger.leaves.length, seconds })
  const inputBytes = canonicalBytes(inputs)
  const data: EpochData = {
    header: {
      chainId: inputs.chainId,
      vault: inputs.vault,
      epoch: inputs.epoch,
      specVersion: SPEC_VERSION,
      previous: inputs.previous?.dataDigest ?? null,
      scoring: scored.scoring,
    },
    config,
    inputs: inputBytes,
    tables: {
      ...scored.tables,
      settlement: settlement.pools.flatMap(({ poolId, settlement: { leaves } }) =>
        leaves.map(leaf => ({ poolId, ...leaf })),
      ),
      manifest: settlement.manifest.leaves,
      journal: settlement.journal.leaves,
      ledger: settlement.ledger.leaves,
    },
  }
  const { dataDigest, blocks } = await epochBlocks(data)
  const post: Post = {
    epoch: inputs.epoch,
    specVersion: SPEC_VERSION,
    configDigest: inputs.configDigest,
    blockNumber: inputs.blockNumber,
    blockHash: inputs.blockHash,
    inputsDigest: sha256(inputBytes),
    ledgerRoot: settlement.ledger.tree.root,
    journalRoot: settlement.journal.tree.root,
    manifestRoot: settlement.manifest.tree.root,
    ledgerCount: settlement.ledger.leaves.length,
    journalCount: settlement.journal.leaves.length,
    manifestCount: settlement.manifest.leaves.length,
    total: settlement.total,
    dataDigest,
  }
  return { settlement, data, blocks, post }
}

/**
 * Settles the weights of an epoch.
 * @param mergeInto contributor index -> contributor index, to ask what would have been earned had some accounts been
 * one; the identity when left out
 */
export function settleWeights(
  trees: TreeBuilder,
  inputs: EpochInputs,
  { tables }: Pick<Scored, 'tables'>,
  before: Before,
  mergeInto: ReadonlyMap<number, number> = new Map(),
): Settlement {
  const ownerOf = new Map(tables.screening.map(row => [row.id, row.contributorIndex]))
  const weights = new Map<bigint, Map<bigint, bigint>>()
  for (const row of tables.weights) poolWeights(weights, row)
  return settlePools(trees, {
    pools: inputs.pools.map(({ poolId, funded }) => ({
      poolId,
      funded,
      paidBefore: before.paid.get(poolId) ?? 0n,
      weights: weights.get(poolId) ?? new Map<bigint, bigint>(),
    })),
    accounts: inputs.contributors.map(({ account }) => account),
    previous: before.ledger.leaves.map(({ cumulative }) => cumulative),
    contributorOf: id => {
      const owner = ownerOf.get(id) ?? -1
      return mergeInto.get(owner) ?? owner
    },
  })
}

function poolWeights(weights: Map<bigint, Map<bigint, bigint>>, row: Row<'weights'>): void {
  const pool = weights.get(row.poolId) ?? new Map<bigint, bigint>()
  weights.set(row.poolId, pool.set(row.contributionId, row.weight))
}
