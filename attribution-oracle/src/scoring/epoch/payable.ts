/** One-sided 95 % quantile of the normal distribution. */
const Z95 = 1.6449

/** What a value counts once its uncertainty is taken off. */
export interface Payable {
  /** Mean over the held-out samples. */
  readonly value: number
  /** Standard error of that mean, over held-out samples and, where it is known, over training runs. */
  readonly error: number
  /** value - 1.645 error, times novelty, limited and never below 0: what is paid for. */
  readonly score: number
  /** Why the score is 0, where it is. */
  readonly reason?: 'NOT_HELPFUL' | 'UNCERTAIN' | 'NOT_NOVEL'
}

/**
 * Lower confidence bounds of what samples are worth. A value that could be luck is held back: once later epochs, with
 * other held-out samples and more checkpoints, confirm it, the bound rises and it is paid from then on.
 * Neither accounts nor groups of samples enter, so splitting a contribution over accounts changes nothing.
 * @param scores [n, m], row-major: what each sample did for each held-out sample; positive = lowers its loss
 * @param novelty [n], 0 to 1; 0 for what screening refused
 * @param runErrors [n], standard errors of the values over training runs
 * @param clipQuantile of the positive bounds, above which they are limited
 */
export function payable(
  scores: { readonly rows: number; readonly columns: number; readonly data: ArrayLike<number> },
  novelty: ArrayLike<number>,
  clipQuantile: number,
  runErrors?: ArrayLike<number>,
): Payable[] {
  const bounds = Array.from({ length: scores.rows }, (_, row) => {
    const { mean, error } = meanAndError(scores, row)
    const whole = Math.sqrt(error * error + (runErrors?.[row] ?? 0) * (runErrors?.[row] ?? 0))
    return { value: mean, error: whole, bound: (mean - Z95 * whole) * novelty[row]! }
  })
  const positive = bounds.flatMap(({ bound }) => (bound > 0 ? [bound] : [])).sort((a, b) => a - b)
  const limit = positive[Math.max(0, Math.ceil(clipQuantile * positive.length) - 1)] ?? 0
  return bounds.map(({ value, error, bound }, row) => {
    if (bound > 0) return { value, error, score: Math.min(bound, limit) }
    const reason = value <= 0 ? 'NOT_HELPFUL' : novelty[row] === 0 ? 'NOT_NOVEL' : 'UNCERTAIN'
    return { value, error, score: 0, reason }
  })
}

function meanAndError(
  { columns, data }: { readonly columns: number; readonly data: ArrayLike<number> },
  row: number,
): { mean: number; error: number } {
  let sum = 0
  for (let i = row * columns; i < (row + 1) * columns; i++) sum += data[i]!
  const mean = sum / columns
  let squares = 0
  for (let i = row * columns; i < (row + 1) * columns; i++) squares += (data[i]! - mean) * (data[i]! - mean)
  return { mean, error: columns > 1 ? Math.sqrt(squares / (columns - 1) / columns) : Infinity }
}
