import { CounterStream } from '@open-datanets/onnx-engine'
import type { ScoreMatrix } from '../capture'
import { type Evidence, predictions } from './evidence'
import { spearman } from './rankCorrelation'

const RESAMPLES = 200

export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/**
 * Linear datamodelling score (Park et al., 2303.14186): the mean over queries of Spearman's correlation, over subsets,
 * of the summed scores with minus the loss of the model trained on the subset.
 */
export function lds(scores: ScoreMatrix, evidence: Evidence): number {
  const all = Array.from({ length: evidence.subsets }, (_, subset) => subset)
  return ldsOf(predictions(evidence, scores), evidence, all)
}

/** The same from sums over subsets ([subsets, columns]) and for some of the subsets, repeats allowed. */
export function ldsOf(sums: Float64Array, { losses, columns }: Evidence, subsets: readonly number[]): number {
  const [predicted, kept] = [new Float64Array(subsets.length), new Float64Array(subsets.length)]
  let total = 0
  for (let column = 0; column < columns; column++) {
    subsets.forEach((subset, index) => {
      predicted[index] = sums[subset * columns + column]!
      kept[index] = -losses[subset * columns + column]!
    })
    total += spearman(predicted, kept)
  }
  return columns === 0 ? 0 : total / columns
}

/** 95 % percentile interval over resampled subsets. */
export function ldsInterval(
  sums: Float64Array,
  evidence: Evidence,
  subsets: readonly number[],
  seed: string,
): Interval {
  const stream = new CounterStream(seed, ['audit', 'bootstrap'])
  const drawn = Array.from({ length: RESAMPLES }, () =>
    ldsOf(
      sums,
      evidence,
      subsets.map(() => subsets[stream.below(subsets.length)]!),
    ),
  ).sort((a, b) => a - b)
  return {
    mean: ldsOf(sums, evidence, subsets),
    low: drawn[Math.floor(0.025 * RESAMPLES)]!,
    high: drawn[Math.ceil(0.975 * RESAMPLES) - 1]!,
  }
}
