import type { NoiseSignal } from '../../domain'
import type { Corpus } from './corpus'
import type { OrderLosses } from './epochCodes'
import type { CheckpointScores } from './scoreCheckpoint'

export interface ModelSignal extends NoiseSignal {
  /** Share of the loss that the order of the words saves the model, over the same share on the held-out texts. */
  readonly order: number
}

/**
 * What the reference model saw of each file that it was trained on: loss and cost under token frequencies per byte,
 * what word order told it, and self-influence over the trajectory. The held-out texts, which no contributor chose, are
 * the yardstick, so that a flood of noise cannot move it.
 * @param trajectory scores of the reference model's checkpoints, early to late
 * @param order of the last of them
 */
export function noiseSignals(
  trajectory: readonly CheckpointScores[],
  { shuffled, held }: OrderLosses,
  corpus: Corpus,
): Map<bigint, ModelSignal> {
  const last = trajectory.at(-1)
  const files = last?.files ?? []
  const yardstick = saved(held[0] ?? 0, held[1] ?? 0)
  const baseline = corpus.baseline(files)
  return new Map(
    files.map(({ id, text, ids }, index) => {
      const bytes = Math.max(1, text.length)
      const loss = last?.losses[index] ?? 0
      const pull = trajectory.reduce((sum, { selfInfluence }) => sum + (selfInfluence[index] ?? 0), 0)
      const signal: ModelSignal = {
        lossPerByte: loss / bytes,
        baselinePerByte: baseline.cost(ids) / bytes,
        selfInfluence: pull / bytes,
        order: yardstick > 0 ? saved(loss, shuffled[index] ?? 0) / yardstick : 0,
      }
      return [id, signal]
    }),
  )
}

/** Share of `without` that is saved. */
function saved(loss: number, without: number): number {
  return without > 0 ? 1 - loss / without : 0
}
