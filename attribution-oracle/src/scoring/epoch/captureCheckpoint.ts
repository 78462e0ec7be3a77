import { counterBytes } from '@open-datanets/onnx-engine'
import type { ScoringSettings, ShardOptions, ShardRunner } from '../../domain'
import type { Corpus } from './corpus'
import type { CheckpointCodes } from './epochCodes'
import { quantiseFeatures } from './featureCodes'
import type { CheckpointTask } from './plan'
import { type CutShard, ShardCutter, placesOf } from './shards/cutShards'
import {
  type Sequence,
  answerSequences,
  fileSequence,
  textSequence,
  windowByWindow,
} from './shards/sequences'
import { joinedCurvature } from './shards/shardResult'
import { type Sums, addSums } from './shards/sums'

/** Where shards are computed, and who hears of it. */
export interface Computing extends ShardOptions {
  readonly shards: ShardRunner
}

/**
 * Stage A of one checkpoint: the curvature of a sample first, then one pass over its files, the outputs and the
 * evaluation, kept as int8. A file's features are summed over its windows first and then quantised once: the error is a
 * fixed share of the sum however long the file, it averages out over thousands of features, and windows would cost their
 * number in published bytes.
 * @param evaluation held-out texts; used only where the task measures value
 */
export async function captureCheckpoint(
  task: CheckpointTask,
  corpus: Corpus,
  evaluation: readonly Uint8Array[],
  settings: ScoringSettings,
  { shards, ...options }: Computing,
): Promise<CheckpointCodes> {
  const files = corpus.filesOf(task.contributionIds).map(fileSequence)
  const cutter = new ShardCutter(task, settings)
  const sample = counterBytes(settings.seed, 'fisher windows')
    .shuffle(placesOf(files))
    .slice(0, settings.fisherSamples)
  const results = await shards.run(cutter.curvature(files, sample), options)
  const curvature = joinedCurvature(results)
  const curvatureTokens = sample.reduce((sum, { owner, at }) => sum + files[owner]!.windows[at]!.scored, 0)

  const held = task.measuresValue ? heldOut(evaluation, corpus) : []
  const asked = [files, answerSequences(task.outputs, corpus), held]
  const cut = asked.map(sequences => cutter.features(sequences, results, curvatureTokens))
  const summed = await runAll(shards, cut, options)
  const [ofFiles, outputs, ofHeld] = summed.map((own, index) =>
    addSums(asked[index]!.length, cut[index]!, own),
  )
  const codesOf = ({ features }: Sums) => quantiseFeatures(features, curvature.sizes)
  return {
    digest: task.digest,
    curvature,
    curvatureTokens,
    files: codesOf(ofFiles!),
    outputs: codesOf(outputs!),
    held: codesOf(ofHeld!),
    heldTokens: held.flatMap(({ windows }) => windows).reduce((sum, window) => sum + window.scored, 0),
    losses: ofFiles!.losses,
    selfInfluence: ofFiles!.selfInfluence,
  }
}

/** The results of each list of shards, all asked for at once. */
async function runAll(
  shards: ShardRunner,
  lists: readonly (readonly CutShard[])[],
  options: ShardOptions,
): Promise<Uint8Array[][]> {
  const results = await shards.run(lists.flat(), options)
  let start = 0
  return lists.map(({ length }) => results.slice(start, (start += length)))
}

/** The held-out samples: texts, or the windows of the only one, because one sample alone says nothing of its error. */
export function heldOut(evaluation: readonly Uint8Array[], corpus: Corpus): Sequence[] {
  const texts = evaluation
    .map(text => textSequence(text, corpus.windowsOfText(text)))
    .filter(({ windows }) => windows.length > 0)
  return texts.length > 1 ? texts : texts.flatMap(windowByWindow)
}
