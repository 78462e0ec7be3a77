import { mean, pearson, spearman } from './rank'

/** Row-major. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: ArrayLike<number>
}

/** What retraining gave: which rows (or groups) were in, and each query's loss. */
export interface Retrained {
  /** [subsets, members], 0 or 1 */
  readonly members: Matrix
  /** [subsets, queries] */
  readonly losses: Matrix
}

/**
 * Linear datamodeling score (Park et al., arXiv 2303.14186): over the retrained subsets, the rank correlation of the
 * summed scores of the members with the negative loss, averaged over queries.
 * @param scores [members, queries], positive = lowers the loss
 */
export function linearDatamodelingScore(scores: Matrix, retrained: Retrained): number {
  return agreement(product(retrained.members, scores), retrained)
}

/** The same of what was predicted already. @param predicted [subsets, queries] */
export function agreement(predicted: Matrix, { losses }: Retrained): number {
  return meanOverColumns(predicted.columns, query =>
    spearman(
      column(predicted, query),
      column(losses, query).map(loss => -loss),
    ),
  )
}

/** Leave one contributor out: over contributors, Pearson of the summed scores with the rise of the loss, averaged over queries. */
export function leaveOneOut(groupScores: Matrix, rise: Matrix): number {
  return meanOverColumns(groupScores.columns, query =>
    pearson(column(groupScores, query), column(rise, query)),
  )
}

/** Sums rows of one group: [rows, c] to [groups, c]. */
export function sumByGroup(scores: Matrix, group: ArrayLike<number>, groups: number): Matrix {
  const data = new Float64Array(groups * scores.columns)
  for (let row = 0; row < scores.rows; row++)
    for (let c = 0; c < scores.columns; c++)
      data[group[row]! * scores.columns + c]! += scores.data[row * scores.columns + c]!
  return { rows: groups, columns: scores.columns, data }
}

/** left [m, n] of zeros and ones, times right [n, c]. */
export function product(left: Matrix, right: Matrix): Matrix {
  const data = new Float64Array(left.rows * right.columns)
  for (let row = 0; row < left.rows; row++) {
    for (let i = 0; i < left.columns; i++) {
      const factor = left.data[row * left.columns + i]!
      if (factor === 0) continue
      for (let c = 0; c < right.columns; c++)
        data[row * right.columns + c]! += factor * right.data[i * right.columns + c]!
    }
  }
  return { rows: left.rows, columns: right.columns, data }
}

export function column({ rows, columns, data }: Matrix, index: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => data[row * columns + index]!)
}

/** Columns scaled to standard deviation 1. */
export function unitColumns(scores: Matrix): Matrix {
  const data = Float64Array.from(scores.data)
  for (let c = 0; c < scores.columns; c++) {
    const values = column(scores, c)
    const middle = mean(values)
    const deviation = Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
    for (let row = 0; row < scores.rows; row++)
      data[row * scores.columns + c] = deviation > 0 ? values[row]! / deviation : 0
  }
  return { ...scores, data }
}

/** Columns at mean 0 and standard deviation 1. */
export function standardColumns(scores: Matrix): Matrix {
  const { data, ...shape } = unitColumns(scores)
  const means = Array.from({ length: scores.columns }, (_, c) => mean(column({ ...shape, data }, c)))
  return { ...shape, data: Float64Array.from(data, (value, at) => value - means[at % scores.columns]!) }
}

export function sumOf(matrices: readonly Matrix[]): Matrix {
  const data = new Float64Array(matrices[0]!.data.length)
  for (const { data: terms } of matrices) for (let i = 0; i < data.length; i++) data[i]! += terms[i]!
  return { ...matrices[0]!, data }
}

function meanOverColumns(columns: number, of: (column: number) => number): number {
  return mean(Float64Array.from({ length: columns }, (_, index) => of(index)))
}
