/**
 * Stage A's record of one layer over n samples: int8 codes with one scale per sample and side. A number is
 * code · (scale / 127), where scale is the largest magnitude of the sample's side, exact as a float32.
 */
export interface LayerCodes {
  readonly name: string
  readonly inWidth: number
  readonly outWidth: number
  readonly positions: number
  /** [n, positions, inWidth] */
  readonly inputs: Int8Array
  /** [n] */
  readonly inputScales: Float32Array
  /** [n, positions, outWidth]: gradients of the margin */
  readonly gradients: Int8Array
  /** [n] */
  readonly gradientScales: Float32Array
}

/** What an operator commits to for each (sample, checkpoint), and all that stage B reads. */
export interface Codes {
  readonly count: number
  readonly layers: readonly LayerCodes[]
  /** [n] float16 bits of 1 - p of the true class */
  readonly doubts: Uint16Array
}

export const TOP = 127
