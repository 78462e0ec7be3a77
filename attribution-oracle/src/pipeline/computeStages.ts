import { readEpochParts } from '../content'
import { answerDemand } from './demands'
import type { Staging, Verifying } from './dependencies'
import type { EpochStages, SettledResults, SettleInput, StageOptions } from './epochStages'
import { readBefore, treeBuilder } from './previousEpoch'
import { publishEpoch } from './publish'
import { scoreStage } from './scoreStage'
import { earningsOf } from './settledEarnings'
import { settleStage } from './settleStage'
import { read, written } from './stored'
import { comparePosted, findEvidence } from './verifyStages'

/** The stages as they were given, else computed by whoever calls. */
export function stagesOf(deps: Staging & Pick<Verifying, 'stages'>): EpochStages {
  return deps.stages ?? computeStages(deps)
}

/** The stages, computed where they are called. */
export function computeStages(deps: Staging): EpochStages {
  const { content, keccak, system } = deps
  return {
    unpaid: async previous => (await readBefore(treeBuilder(keccak, system), previous, content)).unpaid,
    score: (inputs, options) => score(within(deps, options), inputs),
    settle: (input, options) => settle(within(deps, options), input),
    evidence: input => findEvidence(deps, input),
    compare: (input, options) => comparePosted(within(deps, options), input),
    published: async post => (await readEpochParts(content, post.dataDigest, post)).faults.length === 0,
    answer: ({ post, page }) => answerDemand(deps, post, page),
  }
}

/** The same with what one call asks for. */
function within(deps: Staging, { onProgress, signal }: StageOptions): Staging {
  return { ...deps, onProgress, ...(signal && { signal }) }
}

async function score(deps: Staging, inputs: Uint8Array): Promise<Uint8Array> {
  const scored = await scoreStage(deps, read.inputs(inputs))
  if (scored.codes) await deps.content.put(scored.codes)
  return written.scored(scored).scored
}

async function settle(
  deps: Staging,
  { inputs: bytes, scored, publishFolder }: SettleInput,
): Promise<SettledResults> {
  const { content, keccak, system, onProgress, observe } = deps
  onProgress({ stage: 'settle', done: 0, total: 1 })
  const inputs = read.inputs(bytes)
  const trees = treeBuilder(keccak, system)
  const before = await readBefore(trees, inputs.previous, content)
  const config = await content.get(inputs.configDigest)
  const settled = await settleStage(trees, inputs, config, read.scored(scored), before, observe)
  onProgress({ stage: 'settle', done: 1, total: 1 })
  onProgress({ stage: 'publish', done: 0, total: 1 })
  await publishEpoch(settled, system, content, publishFolder)
  onProgress({ stage: 'publish', done: 1, total: 1 })
  return { post: settled.post, earnings: earningsOf(inputs, settled) }
}
