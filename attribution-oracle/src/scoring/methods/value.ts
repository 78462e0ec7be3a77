import { refused } from './readSettings'

/** One checkpoint's values: samples, or sums of them over contributors. */
export interface CheckpointValues {
  /** which independent training run the checkpoint is from */
  readonly run: number
  readonly values: Float64Array
}

export interface ValueEstimate {
  /** mean over runs of the run's mean over its checkpoints */
  readonly values: Float64Array
  /** of `values`; NaN where only one checkpoint is known */
  readonly standardErrors: Float64Array
  /** one-sided 95 % lower confidence bound */
  readonly lower: Float64Array
  /** what the error was measured over */
  readonly spread: 'runs' | 'checkpoints' | 'none'
  readonly perCheckpoint: readonly CheckpointValues[]
}

/** One-sided 95 % quantiles of Student's t for 1, 2, 3, ... degrees of freedom; beyond them the next lower row holds. */
const T95 = [
  ...[6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812],
  ...[1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.74, 1.734, 1.729, 1.725],
  ...[1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697],
]

/**
 * Values with what is known of their error. With R ≥ 2 independent runs: mean - t(R - 1) · s / √R over the runs' means.
 * With one run of C ≥ 2 checkpoints the same over the checkpoints, which for a mean is the jackknife; checkpoints of one
 * run are alike, so this says how the value moves along training, not between trainings, and runs should be preferred.
 * From one checkpoint nothing is known: a positive value is not confirmed at all, its lower bound is 0.
 */
export function estimateValues(perCheckpoint: readonly CheckpointValues[]): ValueEstimate {
  const first = perCheckpoint[0]
  if (!first) throw refused('checkpoints', 'none', 'at least one')
  const size = first.values.length
  for (const { values } of perCheckpoint)
    if (values.length !== size) throw refused('values', `${values.length} numbers`, `${size} numbers`)
  const runs = [...new Set(perCheckpoint.map(({ run }) => run))]
  const perRun = runs.map(run => mean(perCheckpoint.filter(c => c.run === run).map(c => c.values)))
  const values = mean(perRun)
  const units = perRun.length > 1 ? perRun : perCheckpoint.map(c => c.values)
  const standardErrors = standardError(units)
  const quantile = T95[Math.min(units.length - 1, T95.length) - 1]
  const lower = values.map((value, index) =>
    quantile === undefined ? Math.min(0, value) : value - quantile * standardErrors[index]!,
  )
  const spread = perRun.length > 1 ? 'runs' : perCheckpoint.length > 1 ? 'checkpoints' : 'none'
  return { values, standardErrors, lower, spread, perCheckpoint }
}

/** Sums of values over groups: the unit in which a contributor's uncertainty is to be measured. */
export function groupValues(
  perCheckpoint: readonly CheckpointValues[],
  groups: ArrayLike<number>,
  count: number,
): CheckpointValues[] {
  return perCheckpoint.map(({ run, values }) => {
    const sums = new Float64Array(count)
    values.forEach((value, index) => {
      sums[groups[index]!]! += value
    })
    return { run, values: sums }
  })
}

function mean(all: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(all[0]!.length)
  for (const values of all) for (let index = 0; index < sums.length; index++) sums[index]! += values[index]!
  return sums.map(sum => sum / all.length)
}

function standardError(units: readonly Float64Array[]): Float64Array {
  const centre = mean(units)
  const squares = new Float64Array(centre.length)
  for (const values of units) {
    for (let index = 0; index < squares.length; index++) {
      const apart = values[index]! - centre[index]!
      squares[index]! += apart * apart
    }
  }
  return squares.map(square => Math.sqrt(square / (units.length - 1) / units.length))
}
