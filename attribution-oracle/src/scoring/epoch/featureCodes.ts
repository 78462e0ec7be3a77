import { AttributionOracleError } from '../../errors'
import { TOP } from '../codes/codes'
import { roundHalfEven } from '../codes/half'

/**
 * Rows of features as int8, with one float32 scale per row and layer: a feature is code * (scale / 127). The curvature
 * is inverted layer by layer, so a layer whose gradients are small counts as much as one whose are large, and needs a
 * scale of its own.
 */
export interface FeatureCodes {
  /** Features of each layer; they lie one after the other in a row. */
  readonly sizes: readonly number[]
  readonly rows: number
  /** [rows, sum of sizes] */
  readonly codes: Int8Array
  /** [rows, layers]: the largest magnitude of each layer */
  readonly scales: Float32Array
}

/**
 * round(x / max|x| * 127), ties to even, per row and layer.
 * @throws AttributionOracleError SCORING_FAILED for a feature that no float32 scale can hold
 */
export function quantiseFeatures(rows: readonly ArrayLike<number>[], sizes: readonly number[]): FeatureCodes {
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const codes = new Int8Array(rows.length * dims)
  const scales = new Float32Array(rows.length * sizes.length)
  rows.forEach((row, index) => {
    let start = 0
    sizes.forEach((size, layer) => {
      const scale = scaleOf(row, start, start + size)
      scales[index * sizes.length + layer] = scale
      if (scale > 0)
        for (let at = start; at < start + size; at++) {
          const code = roundHalfEven(((row[at] as number) * TOP) / scale)
          codes[index * dims + at] = Math.max(-TOP, Math.min(TOP, code))
        }
      start += size
    })
  })
  return { sizes, rows: rows.length, codes, scales }
}

/** The features of one row, the same bits on every machine. */
export function featuresOf({ sizes, codes, scales }: FeatureCodes, row: number): Float64Array {
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const features = new Float64Array(dims)
  let start = 0
  sizes.forEach((size, layer) => {
    const unit = (scales[row * sizes.length + layer] as number) / TOP
    for (let at = start; at < start + size; at++) features[at] = (codes[row * dims + at] as number) * unit
    start += size
  })
  return features
}

function scaleOf(row: ArrayLike<number>, start: number, end: number): number {
  let largest = 0
  for (let at = start; at < end; at++) largest = Math.max(largest, Math.abs(row[at] as number))
  const scale = Math.fround(largest)
  if (Number.isFinite(scale)) return scale
  const reason = `features sum up to ${largest}, beyond float32`
  throw new AttributionOracleError('SCORING_FAILED', { what: reason }, { step: 'features', reason })
}
