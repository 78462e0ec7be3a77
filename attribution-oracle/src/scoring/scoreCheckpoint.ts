import { decodeModel } from '@open-datanets/onnx-engine'
import type { PaidOutput, ScoringSettings } from '../domain'
import { Checkpoint, type RunOptions, type Summed } from './checkpoint'
import type { Corpus, EncodedFile } from './corpus'
import type { CheckpointTask } from './plan'
import { influence } from './influence'
import type { Window } from './windows'

/** Row-major [files, held-out texts]. A row's mean is what the file does to the held-out loss per token. */
export interface HeldOutScores {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

/** What one checkpoint says about its files. */
export interface CheckpointScores {
  readonly files: readonly EncodedFile[]
  /** Per file: loss and self-influence. */
  readonly sums: readonly Summed[]
  /** [files, held-out texts]: how much a file lowers the loss there; absent where value is not measured. */
  readonly value: HeldOutScores | undefined
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
      ? await valueOf(checkpoint, sums, heldOut(evaluation, corpus))
      : undefined
    return { files, sums, value, outputs }
  } finally {
    await checkpoint.close()
  }
}

/** The held-out samples: texts, or the windows of the only one, because one sample alone says nothing of its error. */
function heldOut(evaluation: readonly Uint8Array[], corpus: Corpus): (readonly Window[])[] {
  const texts = evaluation.map(text => corpus.windowsOfText(text)).filter(windows => windows.length > 0)
  return texts.length > 1 ? texts : texts.flat().map(window => [window])
}

async function valueOf(
  checkpoint: Checkpoint,
  sums: readonly Summed[],
  held: readonly (readonly Window[])[],
): Promise<HeldOutScores> {
  const texts = await checkpoint.sum(held.map(windows => ({ windows })))
  const tokens = held.flat().reduce((sum, window) => sum + window.scored, 0)
  const columns = texts.length
  const data = new Float64Array(sums.length * columns)
  texts.forEach(({ features }, column) => {
    const direction = checkpoint.precondition(features.map(sum => (sum * columns) / Math.max(1, tokens)))
    sums.forEach((sum, row) => (data[row * columns + column] = influence(direction, sum.features)))
  })
  return { rows: sums.length, columns, data }
}
