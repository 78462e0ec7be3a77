import { batchOf, counterBytes, type Batch } from '@open-datanets/onnx-engine'
import type { Window } from '../corpus/windows'

/**
 * The batch of each step (from 1): all windows once in a shuffled order, then again in another one, and so on. A step's
 * batch depends on the seed and the step alone, so that a resumed training goes on where it stopped.
 */
export function shuffledBatches(
  windows: readonly Window[],
  size: number,
  seed: string,
): (step: number) => Batch {
  const indices = windows.map((_, i) => i)
  let round = -1
  let order: number[] = []
  const windowAt = (position: number): Window => {
    const wanted = Math.floor(position / windows.length)
    if (wanted !== round) {
      round = wanted
      order = counterBytes(seed, 'batches', round).shuffle(indices)
    }
    return windows[order[position % windows.length]!]!
  }
  return step => {
    const rows = Array.from({ length: size }, (_, i) => windowAt((step - 1) * size + i))
    return batchOf(
      rows.map(({ tokens }) => tokens),
      rows.map(({ targets }) => targets),
    )
  }
}
