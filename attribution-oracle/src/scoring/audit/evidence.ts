import { CounterStream } from '@open-datanets/onnx-engine'
import type { ScoreMatrix } from '../capture'
import { refused } from './refused'

/** Counterfactuals: what models that were trained on subsets of the samples lost. */
export interface Evidence {
  /** uint8 [subsets, n_train], 0 or 1: which samples a model was trained on */
  readonly masks: Uint8Array
  readonly subsets: number
  /** float64 [subsets, columns], nats or squared error */
  readonly losses: Float64Array
  /** n_query, or 1 where only the mean over the queries is known */
  readonly columns: number
}

/** @throws AttributionOracleError INVALID_ARGUMENT where shapes disagree, a mask is not 0 or 1, a loss not finite */
export function checkEvidence(evidence: Evidence, rows: number, queries: number): Evidence {
  const { masks, subsets, losses, columns } = evidence
  if (masks.length !== subsets * rows)
    throw refused('masks', `${masks.length} entries`, `${subsets} subsets x ${rows} training samples`)
  if (columns !== queries && columns !== 1)
    throw refused('losses', `${columns} columns`, `${queries}, one per query, or 1 for their mean`)
  if (losses.length !== subsets * columns)
    throw refused('losses', `${losses.length} numbers`, `${subsets} subsets x ${columns}`)
  const mask = masks.findIndex(value => value > 1)
  if (mask >= 0) throw refused('masks', `${masks[mask]} at entry ${mask}`, '0 or 1')
  const loss = losses.findIndex(value => !Number.isFinite(value))
  if (loss >= 0) throw refused('losses', `${losses[loss]} at entry ${loss}`, 'finite numbers')
  return evidence
}

/**
 * What scores say of every subset: the sums over its samples, [subsets, columns]; columns averaged where the evidence
 * has the mean only. Float64.
 */
export function predictions(evidence: Evidence, scores: ScoreMatrix): Float64Array {
  const { masks, subsets, columns } = evidence
  const { rows, columns: queries, data } = columns === 1 ? averaged(scores) : scores
  if (queries !== columns || masks.length !== subsets * rows)
    throw refused('scores', `[${rows}, ${queries}]`, `[${masks.length / subsets}, ${columns}]`)
  const sums = new Float64Array(subsets * columns)
  for (let subset = 0; subset < subsets; subset++) {
    const into = sums.subarray(subset * columns, (subset + 1) * columns)
    for (let row = 0; row < rows; row++) {
      if (masks[subset * rows + row] === 0) continue
      const from = row * columns
      for (let column = 0; column < columns; column++) into[column]! += data[from + column]!
    }
  }
  return sums
}

/** [rows, 1]: the mean over the queries. */
export function averaged({ rows, columns, data }: ScoreMatrix): ScoreMatrix {
  const means = new Float64Array(rows)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) means[row]! += data[row * columns + column]! / columns
  return { rows, columns: 1, data: means }
}

/** The same evidence about the mean over the queries, which is what a value is about. */
export function ofMeanLoss({ masks, subsets, columns, losses }: Evidence): Evidence {
  const means = new Float64Array(subsets)
  for (let at = 0; at < losses.length; at++) means[Math.floor(at / columns)]! += losses[at]! / columns
  return { masks, subsets, columns: 1, losses: means }
}

/** Half of the subsets to choose with, half to report with, by the seed. */
export function parted(
  subsets: number,
  seed: string,
): { choosing: readonly number[]; reporting: readonly number[] } {
  const order = new CounterStream(seed, ['audit', 'halves', subsets]).shuffle(
    Array.from({ length: subsets }, (_, subset) => subset),
  )
  const half = Math.ceil(subsets / 2)
  const ascending = (a: number, b: number): number => a - b
  return { choosing: order.slice(0, half).sort(ascending), reporting: order.slice(half).sort(ascending) }
}
