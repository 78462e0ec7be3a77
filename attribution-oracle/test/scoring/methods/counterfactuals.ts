import type { ScoreMatrix } from '../../../src/scoring/capture'
import { readNpy } from './digits'

/** Ranks from 0, ties at their mean. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let at = start; at < end; at++) result[order[at]!] = (start + end - 1) / 2
    start = end
  }
  return result
}

export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((s, v) => s + v, 0) / x.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0
}

export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b))
}

/** Sums of the rows that a mask keeps, minus the retrained loss, correlated per query and averaged. */
function datamodelScore(masks: Float64Array[], scores: ScoreMatrix, losses: Float64Array): number {
  const { columns } = scores
  const predicted = masks.map(mask => {
    const sums = new Float64Array(columns)
    mask.forEach((keep, row) => {
      if (keep) for (let t = 0; t < columns; t++) sums[t]! += scores.data[row * columns + t]!
    })
    return sums
  })
  let total = 0
  for (let t = 0; t < columns; t++)
    total += spearman(
      predicted.map(sums => sums[t]!),
      masks.map((_, m) => -losses[m * columns + t]!),
    )
  return total / columns
}

/** Linear datamodeling score over subsets of the samples. */
export function lds(folder: string, scores: ScoreMatrix): number {
  const { shape, data } = readNpy(`${folder}/lds_mask`)
  const width = shape[1]!
  const masks = Array.from({ length: shape[0]! }, (_, m) =>
    Float64Array.from(
      { length: scores.rows },
      (_unused, i) => (data[m * width + (i >> 3)]! >> (7 - (i & 7))) & 1,
    ),
  )
  return datamodelScore(masks, scores, readNpy(`${folder}/lds_loss`).data)
}

/** The same over subsets of the contributors. */
export function contributorLds(folder: string, scores: ScoreMatrix, groups: ArrayLike<number>): number {
  const { shape, data } = readNpy(`${folder}/glds_groups`)
  const masks = Array.from({ length: shape[0]! }, (_, m) =>
    Float64Array.from({ length: scores.rows }, (_unused, i) => data[m * shape[1]! + groups[i]!]!),
  )
  return datamodelScore(masks, scores, readNpy(`${folder}/glds_loss`).data)
}

/** Area under the curve of telling `positive` rows by a high score. */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<number>): number {
  const rank = ranks(scores)
  let sum = 0
  let hits = 0
  for (let i = 0; i < rank.length; i++) {
    if (!positive[i]) continue
    hits++
    sum += rank[i]!
  }
  return (sum - (hits * (hits - 1)) / 2) / (hits * (rank.length - hits))
}
