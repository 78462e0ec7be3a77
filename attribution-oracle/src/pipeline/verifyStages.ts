import { randomBytes } from 'node:crypto'
import { readEpochParts } from '../content'
import type { ContentStore, Digest, EpochData, EpochTables, Row } from '../domain'
import { isContentFault, isFault } from '../errors'
import {
  findChallenge,
  findDemands,
  type LeafTree,
  type Posted,
  type SettlementLeaf,
  type TreeBuilder,
} from '../settlement'
import { compareData, comparePost, unreadable } from './compareEpochs'
import type { Staging } from './dependencies'
import type { Compared, CompareInput, Evidence, EvidenceInput } from './epochStages'
import { readBefore, treeBuilder, type Before } from './previousEpoch'
import { scoreStage } from './scoreStage'
import { settleStage } from './settleStage'
import { compareFloats, type FloatTables } from './tolerance'

/** A lying count claims more pages than anybody could ask for, and one that is not shown strikes a post down. */
const MOST_DEMANDS = 4

/** What a post can be proven wrong by, from what was published alone. */
export async function findEvidence(
  { content, keccak, system }: Staging,
  input: EvidenceInput,
): Promise<Evidence> {
  const { post, previous } = input
  const trees = treeBuilder(keccak, system)
  const before = await readBefore(trees, previous, content)
  const { tables, faults } = await readEpochParts(content, post.dataDigest, post)
  const posted = postedOf(trees, input, tables, before)
  return {
    challenge: findChallenge(posted),
    demands: firstOf(findDemands(posted), MOST_DEMANDS),
    withheld: faults.length > 0,
  }
}

/** Computes a posted epoch from its inputs and holds what was posted and published against it. */
export async function comparePosted(deps: Staging, input: CompareInput): Promise<Compared> {
  const { post, inputs, tolerancePpm, verifyShare } = input
  const { content, keccak, system } = deps
  const trees = treeBuilder(keccak, system)
  const before = await readBefore(trees, input.previous, content)
  const parts = await readEpochParts(content, post.dataDigest, post)
  const codes = parts.header?.scoring.codes
  const committed = codes && ((most: number) => committedCodes(content, codes, most))
  const rescore = verifyShare < 1 ? { share: verifyShare, seed: randomBytes(32).toString('hex') } : undefined
  const scored = await scoreStage(deps, inputs, committed, rescore)
  const config = await content.get(inputs.configDigest)
  const data = parts.faults.length === 0 ? (parts as EpochData) : undefined
  // ours agree with the posted codes: what follows from them has no float of another machine in it
  const same = codes !== undefined && scored.scoring.codes === codes
  const floats = data && compareFloats(data.tables, scored.tables, same ? 0 : tolerancePpm)
  // inside the tolerance the posted floats are as good as ours, and all that follows from them is exact
  const near = data && floats && Object.values(floats).every(lies => lies.length === 0)
  const tables = near ? { ...scored.tables, ...floatsOf(data) } : scored.tables
  const honest = await settleStage(trees, inputs, config, { ...scored, tables }, before, deps.observe)
  const differences = data && floats ? compareData(data, honest.data, floats) : unreadable(parts)
  return { honest: honest.post, differences: [...differences, ...comparePost(post, honest.post)] }
}

/** Published codes; undefined where they are withheld or larger than ours, which is a difference by itself. */
async function committedCodes(
  content: ContentStore,
  digest: Digest,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    return await content.get(digest, maxBytes)
  } catch (error) {
    if (!isContentFault(error)) throw error
    return undefined
  }
}

function floatsOf({ tables: { screening, scores, weights } }: EpochData): FloatTables {
  return { screening, scores, weights }
}

/** What evidence is looked for in. */
function postedOf(
  trees: TreeBuilder,
  { post, previous, accounts, committed, funded }: EvidenceInput,
  { ledger, journal, manifest, settlement = [] }: Partial<EpochTables>,
  before: Before,
): Posted {
  return {
    post,
    ledger: treeOf(ledger, rows => trees.ledger(rows)),
    journal: treeOf(journal, rows => trees.journal(rows)),
    manifest: treeOf(manifest, rows => trees.manifest(rows)),
    settlements: settlementsOf(trees, settlement),
    last: previous && { post: previous, ledger: before.ledger, manifest: before.manifest },
    accounts,
    committed,
    funded,
  }
}

/** The published settlement of every pool. */
function settlementsOf(
  trees: TreeBuilder,
  rows: readonly Row<'settlement'>[],
): Map<bigint, LeafTree<SettlementLeaf>> {
  const byPool = new Map<bigint, Row<'settlement'>[]>()
  for (const row of rows) {
    const pool = byPool.get(row.poolId)
    if (pool) pool.push(row)
    else byPool.set(row.poolId, [row])
  }
  const settlements = [...byPool].map(
    ([poolId, leaves]) =>
      [poolId, treeOf<SettlementLeaf>(leaves, all => trees.settlement(poolId, all))] as const,
  )
  return new Map(settlements.flatMap(([poolId, tree]) => (tree ? [[poolId, tree] as const] : [])))
}

/** Rows that no leaf can hold are those of no root. */
function treeOf<Leaf>(
  rows: readonly Leaf[] | undefined,
  build: (rows: readonly Leaf[]) => LeafTree<Leaf>,
): LeafTree<Leaf> | undefined {
  try {
    return rows && build(rows)
  } catch (error) {
    if (!isFault(error, 'INVALID_ARGUMENT')) throw error
    return undefined
  }
}

function firstOf<T>(all: Iterable<T>, most: number): T[] {
  const found: T[] = []
  for (const each of all) {
    if (found.length >= most) break
    found.push(each)
  }
  return found
}
