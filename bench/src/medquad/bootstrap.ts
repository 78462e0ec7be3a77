import { counterBytes } from '@open-datanets/onnx-engine'

export interface Interval {
  readonly low: number
  readonly high: number
}

const DRAWS = 2000
const TAIL = 0.025

/**
 * The middle 95 % of a statistic over resampled data (percentile bootstrap, Efron 1979); draws where it is not a number
 * are left out. The same seed gives the same interval.
 * @param resample gets a function that draws as many indices below `count`, with replacement, as there are
 */
export function bootstrap(seed: string, resample: (draw: (count: number) => number[]) => number): Interval {
  const stream = counterBytes(seed, 'bootstrap')
  const draw = (count: number): number[] => Array.from({ length: count }, () => stream.below(count))
  const statistics = Array.from({ length: DRAWS }, () => resample(draw))
  const sorted = statistics.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN
  return { low: at(TAIL), high: at(1 - TAIL) }
}

export function formatInterval({ low, high }: Interval): string {
  return `${low.toFixed(2)} to ${high.toFixed(2)}`
}
