import { decodeModel } from '@open-datanets/onnx-engine'
import type { PaidOutput, ScoringSettings } from '../domain'
import { Checkpoint, type RunOptions, type Summed } from './checkpoint'
import type { Corpus, EncodedFile } from './corpus'
import type { CheckpointTask } from './plan'
import { influence } from './influence'
import type { Window } from './windows'

/** What one checkpoint says about its files. */
export interface CheckpointScores {
  readonly files: readonly EncodedFile[]
  /** Per file: loss and self-influence. */
  readonly sums: readonly Summed[]
  /** Per file: how much it lowers the held-out loss; absent where value is not measured. */
  readonly value: readonly number[] | undefined
  /** Per output, then per file. */
  readonly outputs: ReadonlyMap<PaidOutput, readonly number[]>
}

/**
 * One pass over a checkpoint's files, the evaluation and the outputs.
 * @param evaluation held-out texts; used only where the task measures value
 */
export async function scoreCheckpoint(
  task: CheckpointTask,
  corpus: Corpus,
  evaluation: readonly Uint8Array[],
  settings: ScoringSettings,
  options: RunOptions,
): Promise<CheckpointScores> {
  const files = corpus.filesOf(task.contributionIds)
  const windows = files.flatMap(file => file.windows)
  const source = { digest: task.digest, forward: decodeModel(task.bytes) }
  const checkpoint = await Checkpoint.open(source, windows, settings, options)
  try {
    const sums = await checkpoint.sum(files)
    const answers = await checkpoint.sum(
      task.outputs.map(output => ({ windows: corpus.windowsOfOutput(output) })),
    )
    const outputs = new Map(
      task.outputs.map((output, index) => {
        const direction = checkpoint.precondition((answers[index] as Summed).features)
        return [output, sums.map(sum => influence(direction, sum.features))]
      }),
    )
    const value = task.measuresValue
      ? await valueOf(
          checkpoint,
          sums,
          evaluation.flatMap(text => corpus.windowsOfText(text)),
        )
      : undefined
    return { files, sums, value, outputs }
  } finally {
    await checkpoint.close()
  }
}

async function valueOf(
  checkpoint: Checkpoint,
  sums: readonly Summed[],
  evaluation: readonly Window[],
): Promise<number[]> {
  const [total] = await checkpoint.sum([{ windows: evaluation }])
  const tokens = Math.max(
    1,
    evaluation.reduce((sum, window) => sum + window.scored, 0),
  )
  const direction = checkpoint.precondition((total as Summed).features.map(sum => sum / tokens))
  return sums.map(sum => influence(direction, sum.features))
}
