import { readEpoch } from '../content'
import {
  TABLE_NAMES,
  type Challenge,
  type ChainHistory,
  type ContentStore,
  type EpochData,
  type EpochInputs,
  type Post,
  type PostRecord,
} from '../domain'
import { AttributionOracleError, isContentFault, isFault } from '../errors'
import { findChallenge, type TreeBuilder } from '../settlement'
import type { Verifying } from './dependencies'
import { compareRows, compareValue, type Difference } from './difference'
import { inputsOf } from './inputs'
import { readBefore, treeBuilder, type Before } from './previousEpoch'
import { scoreStage, type Scored } from './scoreStage'
import { settleStage } from './settleStage'
import { compareWeights } from './tolerance'

export interface VerifyOptions {
  /** how far a posted weight may be from ours, in parts per million of its pool */
  tolerancePpm: number
}

export interface VerifyReport {
  epoch: number
  agrees: boolean
  posted: PostRecord
  /** what we would have posted */
  honest: Post
  /** the first difference of every part, in the order of the pipeline; the first entry is where the lie starts */
  differences: readonly Difference[]
  /** evidence for FraudProofs, when a sum is wrong and the data was published */
  challenge: Challenge | undefined
}

/**
 * Recomputes an epoch from the chain and from content, trusting nothing that the poster says, and compares.
 * @throws WRONG_STATE when nothing was posted for the epoch, CONTENT_MISSING when a recomputation is impossible
 */
export async function verifyEpoch(
  deps: Verifying,
  epoch: number,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { chain, content, keccak, system } = deps
  deps.onProgress({ stage: 'ingest', done: 0, total: 1 })
  const latest = await latestHistory(deps)
  const posted = currentPost(latest, epoch)
  const { post } = posted
  const block = { number: post.blockNumber, hash: post.blockHash }
  await chain.expectBlock(block)
  const inputs = inputsOf(await chain.history(block.number, deps.signal), system, epoch, block)
  deps.onProgress({ stage: 'ingest', done: 1, total: 1 })

  const trees = treeBuilder(keccak, system)
  const scored = await scoreStage(deps, inputs)
  const before = await readBefore(trees, inputs.previous, content)
  const config = await content.get(inputs.configDigest)
  const data = await published(content, post)
  const weightLies = data
    ? compareWeights(data.tables.weights, scored.tables.weights, options.tolerancePpm)
    : []
  // inside the tolerance the posted floats are as good as ours, and all that follows from them is exact
  const accepted = data && weightLies.length === 0 ? withPostedFloats(scored, data) : scored
  const honest = await settleStage(trees, inputs, config, accepted, before)
  const differences = [...compareData(data, honest.data, weightLies), ...comparePost(post, honest.post)]
  return {
    epoch,
    agrees: differences.length === 0,
    posted,
    honest: honest.post,
    differences,
    challenge:
      differences.length > 0 && data ? evidence(trees, post, data, inputs, before, latest) : undefined,
  }
}

/** The pending or final post of an epoch. @throws WRONG_STATE when no finalized block has one */
export async function postOf(deps: Pick<Verifying, 'chain' | 'signal'>, epoch: number): Promise<PostRecord> {
  return currentPost(await latestHistory(deps), epoch)
}

async function latestHistory({ chain, signal }: Pick<Verifying, 'chain' | 'signal'>): Promise<ChainHistory> {
  return chain.history((await chain.finalizedBlock()).number, signal)
}

function currentPost({ posts }: ChainHistory, epoch: number): PostRecord {
  const posted = posts.findLast(record => record.post.epoch === epoch && record.status !== 'rejected')
  if (posted) return posted
  throw new AttributionOracleError(
    'WRONG_STATE',
    { what: `There is nothing to verify for epoch ${epoch}`, got: 'no finalized post', expected: 'a post' },
    { epoch, got: 'no finalized post', expected: 'a post' },
  )
}

/** What the poster published; undefined when it is missing or not what the data digest promises. */
async function published(content: ContentStore, { dataDigest }: Post): Promise<EpochData | undefined> {
  try {
    return await readEpoch(content, dataDigest)
  } catch (error) {
    if (!isContentFault(error)) throw error
    return undefined
  }
}

function withPostedFloats(scored: Scored, { tables, header }: EpochData): Scored {
  const { scores, weights } = tables
  return { tables: { ...scored.tables, scores, weights }, scoring: header.scoring }
}

function compareData(data: EpochData | undefined, honest: EpochData, weightLies: Difference[]): Difference[] {
  if (!data)
    return [{ part: 'data', got: 'nothing that can be read', expected: 'the epoch behind the data digest' }]
  const tables = TABLE_NAMES.flatMap(name => {
    // scores carry no tolerance of their own: they are judged by the weights that they become
    if (weightLies.length > 0 && name === 'scores') return []
    if (weightLies.length > 0 && name === 'weights') return weightLies
    return compareRows(name, data.tables[name], honest.tables[name])
  })
  return [
    ...compareValue('config', text(data.config), text(honest.config)),
    ...compareValue('inputs', text(data.inputs), text(honest.inputs)),
    ...compareValue('header', data.header, honest.header),
    ...tables,
  ]
}

function comparePost(post: Post, honest: Post): Difference[] {
  const fields = Object.keys(honest) as (keyof Post)[]
  return fields.flatMap(field => compareValue(`post.${field}`, post[field], honest[field]))
}

/** Leaves that are not those of the posted roots prove nothing on chain. */
function evidence(
  trees: TreeBuilder,
  post: Post,
  { tables }: EpochData,
  inputs: EpochInputs,
  before: Before,
  latest: ChainHistory,
): Challenge | undefined {
  try {
    return findChallenge({
      post,
      ledger: trees.ledger(tables.ledger),
      journal: trees.journal(tables.journal),
      manifest: trees.manifest(tables.manifest),
      last: inputs.previous ? { post: inputs.previous, ledger: before.ledger } : undefined,
      accounts: latest.contributors.map(({ account }) => account),
      funded: latest.funded,
    })
  } catch (error) {
    if (isFault(error, 'INVALID_ARGUMENT')) return undefined
    throw error
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
