import { readEpoch } from '../content'
import {
  epochInputsDocument,
  parseDocument,
  poolId,
  sha256,
  type EpochInputs,
  type EpochTables,
  type Post,
  type Row,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { toWeights } from '../scoring'
import type { Verifying } from './dependencies'
import { treeBuilder } from './previousEpoch'

/** What explaining needs: the chain for the post, content for what is behind it, keccak to hold one against the other. */
export type Explaining = Pick<Verifying, 'content' | 'keccak' | 'system'>

/** An epoch as it was published, held against the roots of its post. Everything in it is public. */
export interface SettledEpoch {
  post: Post
  inputs: EpochInputs
  tables: EpochTables
}

/**
 * Reads a posted epoch by its data digest. Its tables have to have the posted roots: an explanation of anything else
 * would be of amounts that nobody can claim.
 * @throws CONTENT_MISSING, CONTENT_CORRUPT; INVALID_DOCUMENT when what was published is not what was posted;
 * INVARIANT_BROKEN when a settlement's prefixes are not the running sums of its weights
 */
export async function readSettled(deps: Explaining, post: Post): Promise<SettledEpoch> {
  const { tables, inputs } = await readEpoch(deps.content, post.dataDigest, post)
  const trees = treeBuilder(deps.keccak, deps.system)
  expectPosted('ledger', post, trees.ledger(tables.ledger).tree.root, post.ledgerRoot)
  expectPosted('journal', post, trees.journal(tables.journal).tree.root, post.journalRoot)
  expectPosted('manifest', post, trees.manifest(tables.manifest).tree.root, post.manifestRoot)
  expectPosted('inputs', post, sha256(inputs), post.inputsDigest)
  for (const pool of tables.manifest) {
    const leaves = leavesOf(tables, pool.poolId)
    const { root } = trees.settlement(pool.poolId, leaves).tree
    expectPosted(`settlement of pool ${pool.poolId}`, post, root, pool.settlementRoot)
    expectRunningSums(pool, leaves)
  }
  return { post, tables, inputs: parseDocument(epochInputsDocument, 'epoch inputs', inputs) }
}

/** The contributions that a pool pays, in the order in which it pays them. */
export function leavesOf({ settlement }: Pick<EpochTables, 'settlement'>, pool: bigint): Row<'settlement'>[] {
  return settlement.filter(leaf => leaf.poolId === pool)
}

/** What the weights of a pool are made of: its scores times the novelty of what screening accepted, by contribution. */
export function payableScores(
  { scores, screening }: Pick<EpochTables, 'scores' | 'screening'>,
  pool: bigint,
): Map<bigint, number> {
  const novelty = new Map(
    screening.map(({ id, verdict, novelty: own }) => [id, verdict === 'accepted' ? own : 0]),
  )
  return new Map(
    scores
      .filter(row => row.poolId === pool)
      .map(({ contributionId, score }) => [contributionId, score * (novelty.get(contributionId) ?? 0)]),
  )
}

/** Weights as the protocol makes them of scores: by largest remainder, ties to what was committed first. */
export function weightsInChainOrder(
  scores: ReadonlyMap<bigint, number>,
  { batches }: Pick<EpochInputs, 'batches'>,
): Map<bigint, bigint> {
  const placed = batches
    .map(({ firstContributionId, itemCount }, place) => ({ firstContributionId, itemCount, place }))
    .sort((a, b) => (a.firstContributionId < b.firstContributionId ? -1 : 1))
  const ascending = [...scores.keys()].sort((a, b) => (a < b ? -1 : 1))
  let at = 0
  const ranked = ascending.map(id => {
    while (at < placed.length - 1 && placed[at + 1]!.firstContributionId <= id) at++
    return { id, place: placed[at]?.place ?? 0 }
  })
  ranked.sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : 1))
  const byRank = new Map(ranked.map(({ id }, rank) => [BigInt(rank), scores.get(id)!]))
  return new Map([...toWeights(byRank)].map(([rank, weight]) => [ranked[Number(rank)]!.id, weight]))
}

/** The redemptions that a model's pool is split by, with the reason of those that do not count. */
export function redemptionsOf({ receipts }: Pick<EpochTables, 'receipts'>, pool: bigint): Row<'receipts'>[] {
  return receipts.filter(({ modelId }) => poolId('model', modelId) === pool)
}

/** @throws INVARIANT_BROKEN */
export function expectSum(invariant: string, got: bigint, expected: bigint): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'INVARIANT_BROKEN',
    {
      what: `The published epoch does not add up: ${invariant}`,
      got: String(got),
      expected: String(expected),
      fix: 'run "epoch verify": a post whose sums are wrong can be challenged',
    },
    { invariant, got: String(got), expected: String(expected) },
  )
}

function expectRunningSums(pool: Row<'manifest'>, leaves: readonly Row<'settlement'>[]): void {
  let sum = 0n
  for (const { contributionId, prefix, weight } of leaves) {
    expectSum(`prefix of contribution ${contributionId} in pool ${pool.poolId}`, prefix, sum)
    sum += weight
  }
  expectSum(`weights of pool ${pool.poolId}`, sum, pool.totalWeight)
}

function expectPosted(part: string, { epoch }: Post, got: string, expected: string): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `The published ${part} of epoch ${epoch} is not the one that was posted`, got, expected },
    { format: `epoch ${part}`, issues: [got] },
  )
}
