import { decodeModel } from '@open-datanets/onnx-engine'
import type { ScoringSettings } from '../../domain'
import { Checkpoint, type RunOptions, type Sequence } from './checkpoint'
import type { Corpus } from './corpus'
import type { CheckpointCodes } from './epochCodes'
import { quantiseFeatures } from './featureCodes'
import type { CheckpointTask } from './plan'
import type { Window } from './windows'

/**
 * Stage A of one checkpoint: one pass over its files, the evaluation and the outputs, kept as int8. A file's features
 * are summed over its windows first and then quantised once: the error is a fixed share of the sum however long the
 * file, it averages out over thousands of features, and windows would cost their number in published bytes.
 * @param evaluation held-out texts; used only where the task measures value
 */
export async function captureCheckpoint(
  task: CheckpointTask,
  corpus: Corpus,
  evaluation: readonly Uint8Array[],
  settings: ScoringSettings,
  options: RunOptions,
): Promise<CheckpointCodes> {
  const { digest } = task
  const files = corpus.filesOf(task.contributionIds)
  const held = task.measuresValue ? heldOut(evaluation, corpus) : []
  const windows = files.flatMap(file => file.windows)
  const source = { digest, forward: decodeModel(task.bytes) }
  const checkpoint = await Checkpoint.open(source, windows, settings, options)
  try {
    const { sizes, curvature, curvatureTokens } = checkpoint
    const featuresOf = async (sequences: readonly Sequence[]) =>
      quantiseFeatures(
        (await checkpoint.sum(sequences)).map(({ features }) => features),
        sizes,
      )
    const sums = await checkpoint.sum(files)
    const answers = task.outputs.map(output => ({ windows: corpus.windowsOfOutput(output) }))
    return {
      digest,
      curvature,
      curvatureTokens,
      files: quantiseFeatures(
        sums.map(({ features }) => features),
        sizes,
      ),
      outputs: await featuresOf(answers),
      held: await featuresOf(held.map(each => ({ windows: each }))),
      heldTokens: held.flat().reduce((sum, window) => sum + window.scored, 0),
      losses: Float64Array.from(sums, ({ loss }) => loss),
      selfInfluence: Float64Array.from(sums, ({ selfInfluence }) => selfInfluence),
    }
  } finally {
    await checkpoint.close()
  }
}

/** The held-out samples: texts, or the windows of the only one, because one sample alone says nothing of its error. */
function heldOut(evaluation: readonly Uint8Array[], corpus: Corpus): (readonly Window[])[] {
  const texts = evaluation.map(text => corpus.windowsOfText(text)).filter(windows => windows.length > 0)
  return texts.length > 1 ? texts : texts.flat().map(window => [window])
}
