import { counterBytes, decodeModel } from '@open-datanets/onnx-engine'
import type { NoiseSignal } from '../domain'
import type { RunOptions, Sequence } from './checkpoint'
import type { Corpus } from './corpus'
import { lossesOf } from './losses'
import type { CheckpointTask } from './plan'
import type { CheckpointScores } from './scoreCheckpoint'

export interface ModelSignal extends NoiseSignal {
  /** Share of the loss that the order of the words saves the model, over the same share on the held-out texts. */
  readonly order: number
}

/**
 * What the reference model saw of each file that it was trained on: loss and cost under token frequencies per byte,
 * what word order told it, and self-influence over the trajectory. The held-out texts, which no contributor chose, are
 * the yardstick, so that a flood of noise cannot move it.
 * @param task the last checkpoint of the trajectory
 * @param begin called once with the number of windows to run over
 * @param trajectory scores of the reference model's checkpoints, early to late
 */
export async function noiseSignals(
  task: CheckpointTask,
  trajectory: readonly CheckpointScores[],
  evaluation: readonly Uint8Array[],
  corpus: Corpus,
  seed: string,
  begin: (windows: number) => RunOptions,
): Promise<Map<bigint, ModelSignal>> {
  const files = trajectory.at(-1)?.files ?? []
  const shuffled = (text: Uint8Array, name: string): Sequence => ({
    windows: corpus.windowsWithoutOrder(text, counterBytes(seed, 'word order', name)),
  })
  const held = evaluation.map(text => ({ windows: corpus.windowsOfText(text) }))
  const sequences = [
    ...files.map(file => shuffled(file.text, String(file.id))),
    ...held,
    ...evaluation.map((text, index) => shuffled(text, `held out ${index}`)),
  ]
  const windows = total(sequences.map(sequence => sequence.windows.length))
  const losses = await lossesOf(decodeModel(task.bytes), sequences, begin(windows))
  const heldLoss = total(losses.slice(files.length, files.length + held.length))
  const yardstick = saved(heldLoss, total(losses.slice(files.length + held.length)))
  const baseline = corpus.baseline(files)

  return new Map(
    files.map(({ id, text, ids }, index) => {
      const bytes = Math.max(1, text.length)
      const loss = trajectory.at(-1)?.sums[index]?.loss ?? 0
      const signal: ModelSignal = {
        lossPerByte: loss / bytes,
        baselinePerByte: baseline.cost(ids) / bytes,
        selfInfluence: total(trajectory.map(({ sums }) => sums[index]?.selfInfluence ?? 0)) / bytes,
        order: yardstick > 0 ? saved(loss, losses[index] ?? 0) / yardstick : 0,
      }
      return [id, signal]
    }),
  )
}

/** Share of `without` that is saved. */
function saved(loss: number, without: number): number {
  return without > 0 ? 1 - loss / without : 0
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
