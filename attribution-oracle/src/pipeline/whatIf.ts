import { readEpoch } from '../content'
import { epochInputsDocument, parseDocument, type ContentStore, type Post } from '../domain'
import type { Keccak, Settlement } from '../settlement'
import type { System } from './dependencies'
import { readBefore, treeBuilder } from './previousEpoch'
import { settleWeights } from './settleStage'

/**
 * Settles a published epoch once more as if some accounts had been one, to see what splitting an account gained.
 * @param mergeInto contributor index -> the contributor index that it is counted as
 */
export async function settleMerged(
  deps: { content: ContentStore; keccak: Keccak; system: System },
  post: Post,
  mergeInto: ReadonlyMap<number, number>,
): Promise<Settlement> {
  const data = await readEpoch(deps.content, post.dataDigest, post)
  const inputs = parseDocument(epochInputsDocument, 'epoch inputs', data.inputs)
  const trees = treeBuilder(deps.keccak, deps.system)
  return settleWeights(trees, inputs, data, await readBefore(trees, inputs.previous, deps.content), mergeInto)
}
