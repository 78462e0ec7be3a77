/** How a quantity moves along time, in its unit per unit of time. */
export interface Slope {
  readonly perUnit: number
  /** standard error; infinite where there is too little to tell */
  readonly error: number
}

/**
 * Least squares of values over times. Samples of a process that collects its garbage now and then follow one another, so
 * that they are fewer than they look: the error is that of n (1 - r) / (1 + r) independent ones, r being the correlation
 * of each residual with the next (Santer et al. 2000, doi:10.1029/1999JD901105).
 */
export function slopeOf(times: readonly number[], values: readonly number[]): Slope {
  const n = times.length
  const [t, v] = [mean(times), mean(values)]
  const spread = sum(times.map(time => (time - t) ** 2))
  const perUnit = sum(times.map((time, i) => (time - t) * (values[i]! - v))) / spread
  const residuals = values.map((value, i) => value - v - perUnit * (times[i]! - t))
  const squares = sum(residuals.map(residual => residual ** 2))
  const neighbours = sum(residuals.slice(1).map((residual, i) => residual * residuals[i]!))
  const r = squares > 0 ? Math.max(0, neighbours / squares) : 0
  const independent = (n * (1 - r)) / (1 + r)
  const error = independent > 2 ? Math.sqrt(squares / (independent - 2) / spread) : Infinity
  return { perUnit, error }
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
