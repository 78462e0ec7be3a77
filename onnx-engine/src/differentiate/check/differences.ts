import type { Tensor } from '../../model/types'

/** A direction in which a parameter is moved, and what its gradient says about it. */
export interface Probe {
  readonly direction: Float64Array
  /** gradient · direction */
  readonly slope: number
  /** What an error is relative to; 0 where both must be zero. */
  readonly scale: number
}

/** Steps that are tried one after the other: the smaller ones cross fewer kinks of Relu and MaxPool. */
const STEPS = [1e-3, 1e-4, 1e-5, 1e-6]

/**
 * The largest relative error of the slopes against central differences (Richardson's extrapolation of two, so that it
 * falls with the fourth power of the step). A probe passes at the first step within the tolerance; one that never does
 * counts with its smallest error. What the rounding of the loss makes of a difference is no error of the slope: a few
 * units in the last place of the loss, over the step.
 */
export async function differenceAlong(
  probes: readonly Probe[],
  weight: Tensor,
  lossAt: (weight: Tensor) => Promise<number>,
  tolerance: number,
): Promise<number> {
  const values = weight.data as Float64Array
  const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0) || 1
  let worst = 0
  for (const { direction, slope, scale } of probes) {
    const at = async (step: number): Promise<number> =>
      lossAt({ ...weight, data: values.map((value, i) => value + step * direction[i]!) })
    let size = 0
    const central = async (step: number): Promise<number> => {
      const [above, below] = [await at(step), await at(-step)]
      size = Math.max(Math.abs(above), Math.abs(below))
      return (above - below) / (2 * step)
    }
    let best = Infinity
    for (const step of STEPS) {
      const h = step * Math.min(1, largest)
      const numeric = (4 * (await central(h)) - (await central(2 * h))) / 3
      const rounding = (2 * Number.EPSILON * size) / h
      const distance = Math.abs(numeric - slope)
      const difference = distance <= rounding ? 0 : distance - rounding
      best = Math.min(best, difference === 0 ? 0 : difference / scale)
      if (best <= tolerance) break
    }
    // NaN must not pass for small.
    worst = best >= worst || Number.isNaN(best) ? best : worst
  }
  return worst
}
