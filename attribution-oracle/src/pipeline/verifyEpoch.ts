import type { Batch, BlockRef, ChainHistory, EpochInputs, Post, PostRecord, Redemption } from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import { closingBlock } from './closing'
import { stagesOf } from './computeStages'
import type { Verifying } from './dependencies'
import type { Difference } from './difference'
import type { Evidence } from './epochStages'
import { finalPost, inputsOf } from './inputs'

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
export interface Finding extends Evidence {
  agrees: boolean
  /** what we would have posted; undefined where the post leaves nothing to recompute */
  honest: Post | undefined
  /** the first difference of every part, in the order of the pipeline; the first entry is where the lie starts */
  differences: readonly Difference[]
}

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

async function verify(deps: Verifying, known: Known, post: Post, options: VerifyOptions): Promise<Finding> {
  const { contributors, batches, funded } = known.latest
  const previous = finalPost(known.latest, post.epoch - 1)
  const accounts = contributors.map(({ account }) => account)
  const committed = committedOf(batches, contributors.length)
  const found = await stagesOf(deps).evidence({ post, previous, accounts, committed, funded }, deps)
  const compared = await compare(deps, post, known, previous, options).catch((error: unknown) => {
    if (!found.challenge || isFault(error, 'ABORTED')) throw error
    const got = error instanceof Error ? error.message : String(error)
    return { honest: undefined, differences: [{ part: 'recomputation', got, expected: 'none needed' }] }
  })
  return { agrees: compared.differences.length === 0, ...found, ...compared }
}

/** Whether everything that a post promises can be read by now. */
export function isPublished(deps: Verifying, post: Post): Promise<boolean> {
  return stagesOf(deps).published(post, deps)
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
  previous: Post | undefined,
  { tolerancePpm, verifyShare = 1 }: VerifyOptions,
): Promise<Pick<VerifyReport, 'honest' | 'differences'>> {
  const stages = stagesOf(deps)
  const inputs = await pinnedInputs(deps, post, known, await stages.unpaid(previous, deps))
  if ('part' in inputs) return { honest: undefined, differences: [inputs] }
  return stages.compare({ post, previous, inputs, tolerancePpm, verifyShare }, deps)
}

/** The inputs at the block that the post pins, or why there is no such block. */
async function pinnedInputs(
  { chain, content, system, signal }: Verifying,
  post: Post,
  { block: { number: last }, latest }: Known,
  unpaid: readonly Redemption[],
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

/** How many items every contributor ever committed. */
function committedOf(batches: readonly Batch[], contributors: number): number[] {
  const committed = new Array<number>(contributors).fill(0)
  for (const { contributorIndex, itemCount } of batches)
    committed[contributorIndex] = committed[contributorIndex]! + itemCount
  return committed
}
