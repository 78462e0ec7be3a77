import type { ScoreMatrix } from '../capture'
import { columnSpreads } from '../methods/combine'
import type { CheckpointValues } from '../methods/value'
import type { AutoOptions } from './auto'
import type { BaseScores } from './baseScores'
import { thinned } from './checkpointSets'
import type { Default } from './defaults'
import type { Evidence } from './evidence'

export const BY_SPREAD = 'by the spread of the losses'
/** Matrices that values may cost. */
const MOST_MATRICES = 100

/** float64 [queries]: how much each query's loss moved between the retrained models; undefined for mean losses. */
export function spreadsOf({ subsets, columns, losses }: Evidence): Float64Array | undefined {
  if (columns === 1) return undefined
  const spreads = columnSpreads({ rows: subsets, columns, data: losses })
  return spreads.some(spread => spread > 0) ? spreads : undefined
}

/**
 * Values from usage: influence ranks the samples of a query well and its size badly, so every column is brought to spread
 * 1 and then to the spread that the query's loss really has between retrained models. A mean over queries then weighs
 * them by what they can move.
 */
export async function valuesBySpread(
  scores: BaseScores,
  { parts }: Default,
  { runs, signal }: AutoOptions,
  spreads: Float64Array,
): Promise<CheckpointValues[]> {
  const most = Math.max(1, Math.floor(MOST_MATRICES / parts.length))
  const found: CheckpointValues[] = []
  for (const checkpoint of thinned(runs.flat(), most)) {
    signal?.throwIfAborted()
    const values = new Float64Array((await scores.at(parts[0]!.base, checkpoint)).rows)
    for (const { base, weight } of parts)
      addScaled(values, await scores.at(base, checkpoint), spreads, weight)
    found.push({ run: runs.findIndex(run => run.includes(checkpoint)), values })
  }
  return found
}

function addScaled(
  values: Float64Array,
  { rows, columns, data }: ScoreMatrix,
  spreads: Float64Array,
  weight: number,
): void {
  const own = columnSpreads({ rows, columns, data })
  const scales = own.map((spread, column) =>
    spread > 0 ? (weight * spreads[column]!) / spread / columns : 0,
  )
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      values[row]! += data[row * columns + column]! * scales[column]!
}

/** [n_train, 1] */
export function summed(perCheckpoint: readonly CheckpointValues[]): ScoreMatrix {
  const data = new Float64Array(perCheckpoint[0]!.values.length)
  for (const { values } of perCheckpoint) values.forEach((value, row) => (data[row]! += value))
  return { rows: data.length, columns: 1, data }
}
