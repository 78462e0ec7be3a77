import { randomBytes } from 'node:crypto'
import { readEpochParts, type EpochParts } from '../content'
import {
  type Batch,
  type BlockRef,
  type Challenge,
  type ChainHistory,
  type ContentStore,
  type Digest,
  type EpochData,
  type EpochInputs,
  type EpochTables,
  type PageDemand,
  type Post,
  type PostRecord,
  type Row,
} from '../domain'
import { AttributionOracleError, isContentFault, isFault } from '../errors'
import {
  findChallenge,
  findDemands,
  type Posted,
  type LeafTree,
  type SettlementLeaf,
  type TreeBuilder,
} from '../settlement'
import { closingBlock } from './closing'
import { compareData, comparePost, unreadable } from './compareEpochs'
import type { Verifying } from './dependencies'
import type { Difference } from './difference'
import { finalPost, inputsOf } from './inputs'
import { readBefore, treeBuilder, type Before } from './previousEpoch'
import { scoreStage } from './scoreStage'
import { settleStage } from './settleStage'
import { compareFloats, type FloatTables } from './tolerance'

export interface VerifyOptions {
  /**
   * how far the posted weights of a pool may be from ours, all together, in parts per million of it, where the post
   * commits to no codes that ours agree with
   */
  tolerancePpm: number
  /** share of the posted codes that is computed again, drawn by chance; 1, all of them, when left out */
  verifyShare?: number
}

/** What came of holding a post against our own computation. */
export interface Finding {
  agrees: boolean
  /** what we would have posted; undefined where the post leaves nothing to recompute */
  honest: Post | undefined
  /** the first difference of every part, in the order of the pipeline; the first entry is where the lie starts */
  differences: readonly Difference[]
  /** evidence for FraudProofs, when a sum is wrong and the leaves that prove it were published */
  challenge: Challenge | undefined
  /** whether some of what the post promises could not be read; it may still come */
  withheld: boolean
  /** pages that were not published, the first few of them: what a lie may hide behind */
  demands: readonly PageDemand[]
}

/** A lying count claims more pages than anybody could ask for, and one that is not shown strikes a post down. */
const MOST_DEMANDS = 4

export interface VerifyReport extends Finding {
  epoch: number
  posted: PostRecord
}

/**
 * Recomputes an epoch from the chain and from content, trusting nothing that the poster says, and compares. Evidence is
 * searched for first: whatever else a liar posts or withholds, a lie that can be proven is reported.
 * @throws WRONG_STATE when nothing was posted for the epoch, CONTENT_MISSING when a recomputation is impossible
 */
export async function verifyEpoch(
  deps: Verifying,
  epoch: number,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const known = await ingest(deps)
  const posted = currentPost(known.latest, epoch)
  return { epoch, posted, ...(await verify(deps, known, posted.post, options)) }
}

/**
 * The same of a post that nobody has sent yet: what an operator does before it signs another one's.
 * @throws CONTENT_MISSING when a recomputation is impossible
 */
export async function verifyProposal(deps: Verifying, post: Post, options: VerifyOptions): Promise<Finding> {
  return verify(deps, await ingest(deps), post, options)
}

interface Known {
  block: BlockRef
  latest: ChainHistory
}

async function ingest({ chain, signal, onProgress }: Verifying): Promise<Known> {
  onProgress({ stage: 'ingest', done: 0, total: 1 })
  const block = await chain.finalizedBlock()
  const latest = await chain.history(block.number, signal)
  onProgress({ stage: 'ingest', done: 1, total: 1 })
  return { block, latest }
}

async function verify(
  deps: Verifying,
  { block, latest }: Known,
  post: Post,
  options: VerifyOptions,
): Promise<Finding> {
  const { content, keccak, system } = deps
  const trees = treeBuilder(keccak, system)
  const previous = finalPost(latest, post.epoch - 1)
  const before = await readBefore(trees, previous, content)
  const parts = await readEpochParts(content, post.dataDigest, post)
  const posted = evidence(trees, post, parts.tables, previous, before, latest)
  const challenge = findChallenge(posted)
  const demands = firstOf(findDemands(posted), MOST_DEMANDS)

  const compared = await compare(deps, post, { block, latest }, before, parts, options).catch(
    (error: unknown) => {
      if (!challenge || isFault(error, 'ABORTED')) throw error
      const got = error instanceof Error ? error.message : String(error)
      return { honest: undefined, differences: [{ part: 'recomputation', got, expected: 'none needed' }] }
    },
  )
  const withheld = parts.faults.length > 0
  return { agrees: compared.differences.length === 0, challenge, withheld, demands, ...compared }
}

/** Whether everything that a post promises can be read by now. */
export async function isPublished({ content }: Pick<Verifying, 'content'>, post: Post): Promise<boolean> {
  return (await readEpochParts(content, post.dataDigest, post)).faults.length === 0
}

/** The pending or final post of an epoch. @throws WRONG_STATE when no finalized block has one */
export async function postOf(deps: Pick<Verifying, 'chain' | 'signal'>, epoch: number): Promise<PostRecord> {
  const { chain, signal } = deps
  return currentPost(await chain.history((await chain.finalizedBlock()).number, signal), epoch)
}

function currentPost({ posts }: ChainHistory, epoch: number): PostRecord {
  const posted = posts.findLast(
    ({ post, status }) => post.epoch === epoch && (status === 'pending' || status === 'final'),
  )
  if (posted) return posted
  throw new AttributionOracleError(
    'WRONG_STATE',
    { what: `There is nothing to verify for epoch ${epoch}`, got: 'no finalized post', expected: 'a post' },
    { epoch, got: 'no finalized post', expected: 'a post' },
  )
}

async function compare(
  deps: Verifying,
  post: Post,
  known: Known,
  before: Before,
  parts: EpochParts,
  { tolerancePpm, verifyShare = 1 }: VerifyOptions,
): Promise<Pick<VerifyReport, 'honest' | 'differences'>> {
  const inputs = await pinnedInputs(deps, post, known, before)
  if ('part' in inputs) return { honest: undefined, differences: [inputs] }
  const codes = parts.header?.scoring.codes
  const committed = codes && ((most: number) => committedCodes(deps.content, codes, most))
  const rescore = verifyShare < 1 ? { share: verifyShare, seed: randomBytes(32).toString('hex') } : undefined
  const scored = await scoreStage(deps, inputs, committed, rescore)
  const config = await deps.content.get(inputs.configDigest)
  const data = parts.faults.length === 0 ? (parts as EpochData) : undefined
  // ours agree with the posted codes: what follows from them has no float of another machine in it
  const same = codes !== undefined && scored.scoring.codes === codes
  const floats = data && compareFloats(data.tables, scored.tables, same ? 0 : tolerancePpm)
  // inside the tolerance the posted floats are as good as ours, and all that follows from them is exact
  const near = data && floats && Object.values(floats).every(lies => lies.length === 0)
  const tables = near ? { ...scored.tables, ...floatsOf(data) } : scored.tables
  const trees = treeBuilder(deps.keccak, deps.system)
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

/** The inputs at the block that the post pins, or why there is no such block. */
async function pinnedInputs(
  { chain, content, system, signal }: Verifying,
  post: Post,
  { block: { number: last }, latest }: Known,
  { unpaid }: Before,
): Promise<EpochInputs | Difference> {
  const got = String(post.blockNumber)
  const part = 'post.blockNumber'
  if (post.blockNumber > last) return { part, got, expected: `at most ${last}` }
  const block = { number: Number(post.blockNumber), hash: post.blockHash }
  try {
    const ruled = await closingBlock({ content }, latest, post.epoch)
    if (ruled !== undefined && ruled !== block.number) return { part, got, expected: String(ruled) }
    await chain.expectBlock(block)
    return inputsOf(await chain.history(block.number, signal), system, post.epoch, block, unpaid)
  } catch (error) {
    if (isFault(error, 'WRONG_CHAIN'))
      return { part: 'post.blockHash', got: block.hash, expected: error.data.got }
    if (isFault(error, 'WRONG_STATE')) return { part, got: error.data.got, expected: error.data.expected }
    throw error
  }
}

function floatsOf({ tables: { screening, scores, weights } }: EpochData): FloatTables {
  return { screening, scores, weights }
}

/** What evidence is looked for in. */
function evidence(
  trees: TreeBuilder,
  post: Post,
  { ledger, journal, manifest, settlement = [] }: Partial<EpochTables>,
  previous: Post | undefined,
  before: Before,
  { contributors, batches, funded }: ChainHistory,
): Posted {
  return {
    post,
    ledger: treeOf(ledger, rows => trees.ledger(rows)),
    journal: treeOf(journal, rows => trees.journal(rows)),
    manifest: treeOf(manifest, rows => trees.manifest(rows)),
    settlements: settlementsOf(trees, settlement),
    last: previous && { post: previous, ledger: before.ledger, manifest: before.manifest },
    accounts: contributors.map(({ account }) => account),
    committed: committedOf(batches, contributors.length),
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

/** How many items every contributor ever committed. */
function committedOf(batches: readonly Batch[], contributors: number): number[] {
  const committed = new Array<number>(contributors).fill(0)
  for (const { contributorIndex, itemCount } of batches)
    committed[contributorIndex] = committed[contributorIndex]! + itemCount
  return committed
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
