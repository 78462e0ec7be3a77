export interface Schedule {
  /** The highest rate, reached at the end of the warm-up. */
  readonly learningRate: number
  /** Steps of linear rise from 0. */
  readonly warmupSteps: number
  /** The step at which the cosine ends. */
  readonly totalSteps: number
  /** The rate at and after the last step, as a share of the highest. */
  readonly finalShare: number
}

/** The rate of step `step` (from 1): linear warm-up, then half a cosine down to `finalShare`. */
export function learningRateAt(
  step: number,
  { learningRate, warmupSteps, totalSteps, finalShare }: Schedule,
): number {
  if (step <= warmupSteps) return (learningRate * step) / warmupSteps
  if (step >= totalSteps) return learningRate * finalShare
  const progress = (step - warmupSteps) / (totalSteps - warmupSteps)
  return learningRate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress)))
}
