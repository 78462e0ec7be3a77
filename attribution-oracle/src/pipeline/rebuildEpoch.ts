import { readEpoch } from '../content'
import {
  canonicalBytes,
  TABLE_NAMES,
  type ChainHistory,
  type EpochData,
  type EpochInputs,
  type Post,
} from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import type { Verifying } from './dependencies'
import { compareRows, compareValue, type Difference } from './difference'
import { finalPost, inputsOf } from './inputs'
import { readBefore, treeBuilder, type Before } from './previousEpoch'
import { settleStage, type Settled } from './settleStage'

/** A final epoch as an operator had it who computed it when it was open. */
export interface RebuiltEpoch {
  inputs: EpochInputs
  settled: Settled
}

/**
 * Computes a final epoch again from the chain and from content: the inputs from the chain's events, the settlement, all
 * trees and the data digest from the published weights. What the final root commits to is held against it; nothing is
 * believed because it was published.
 * @throws REBUILD_DIFFERS with the first difference; CONTENT_MISSING, CONTENT_CORRUPT and others for content that is not
 * what its digest says
 */
export async function rebuildEpoch(deps: Verifying, latest: ChainHistory, post: Post): Promise<RebuiltEpoch> {
  const { content, keccak, system } = deps
  const trees = treeBuilder(keccak, system)
  const before = await readBefore(trees, finalPost(latest, post.epoch - 1), content)
  const inputs = await inputsAt(deps, post, before)
  const data = await readEpoch(content, post.dataDigest, post)
  expectSame(post.epoch, compareInputs(data.inputs, inputs))
  const { header, tables } = data
  const config = await content.get(inputs.configDigest)
  const scored = { tables, scoring: header.scoring }
  const settled = await settleStage(trees, inputs, config, scored, before)
  expectSame(post.epoch, differences(data, settled.data, post, settled.post))
  return { inputs, settled }
}

async function inputsAt(
  { chain, system, signal }: Verifying,
  post: Post,
  { unpaid }: Before,
): Promise<EpochInputs> {
  const block = { number: Number(post.blockNumber), hash: post.blockHash }
  try {
    await chain.expectBlock(block)
  } catch (error) {
    if (!isFault(error, 'WRONG_CHAIN')) throw error
    expectSame(post.epoch, [{ part: 'post.blockHash', got: block.hash, expected: error.data.got }])
  }
  return inputsOf(await chain.history(block.number, signal), system, post.epoch, block, unpaid)
}

/** Field by field, so that the difference says which. */
function compareInputs(published: Uint8Array, inputs: EpochInputs): Difference[] {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  const [theirs, ours] = [text(published), text(canonicalBytes(inputs))]
  if (theirs === ours) return []
  const [got, expected] = [fieldsOf(theirs), fieldsOf(ours)]
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])]
  const parts = names.flatMap(name =>
    compareValue(`inputs.${name}`, got[name] ?? null, expected[name] ?? null),
  )
  return [...parts, { part: 'inputs', got: theirs, expected: ours }]
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

function differences(published: EpochData, ours: EpochData, post: Post, own: Post): Difference[] {
  const fields = Object.keys(own) as (keyof Post)[]
  return [
    ...compareValue('header', published.header, ours.header),
    ...TABLE_NAMES.flatMap(name => compareRows(name, published.tables[name], ours.tables[name])),
    ...fields.flatMap(field => compareValue(`post.${field}`, post[field], own[field])),
  ]
}

function expectSame(epoch: number, [first]: readonly Difference[]): void {
  if (!first) return
  const { part, position, got, expected } = first
  throw new AttributionOracleError(
    'REBUILD_DIFFERS',
    {
      what: `Epoch ${epoch} is final with another ${part}${position === undefined ? '' : `, row ${position}`}`,
      got,
      expected,
      fix: 'check the deployment and the version of this program; the chain keeps what is final',
    },
    { epoch, ...first },
  )
}
