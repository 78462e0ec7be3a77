import { AttributionOracleError } from '../errors'

/** Rows of int8 codes with one scale each: entry j of row i is `codes[i·stride + j]·scales[i]`. */
export interface QuantisedRows {
  readonly count: number
  readonly dims: number
  /** Codes from one row to the next: `dims`, rounded up to a multiple of 16; the rest is 0. */
  readonly stride: number
  readonly codes: Int8Array
  readonly scales: Float32Array
}

const LARGEST = 127
/** The kernel that reads the rows takes 16 codes at a time. */
const LANES = 16

export const strideOf = (dims: number): number => Math.ceil(dims / LANES) * LANES

/**
 * The nearest int8 codes of float rows, halves to even; a row of zeros has scale 0. The error of an entry is at most
 * half the scale of its row, and the scale is the row's largest magnitude / 127.
 * @param features row-major [count, dims]
 * @param nameOf what a row is called in an error
 * @throws INVALID_ARGUMENT for a row with NaN or infinity, and for another length than count·dims
 */
export function quantiseRows(
  features: Float32Array,
  dims: number,
  nameOf: (row: number) => string = row => `row ${row}`,
): QuantisedRows {
  const count = features.length / dims
  if (!Number.isInteger(count))
    throw invalid('features', `${features.length} numbers`, `rows of ${dims} each`)
  const stride = strideOf(dims)
  const codes = new Int8Array(count * stride)
  const scales = new Float32Array(count)
  for (let row = 0; row < count; row++) {
    const from = row * dims
    let most = 0
    let sum = 0
    for (let j = from; j < from + dims; j++) {
      const size = Math.abs(features[j]!)
      sum += size
      if (size > most) most = size
    }
    // NaN is larger than nothing, so the sum is what finds it.
    if (!Number.isFinite(sum))
      throw invalid('features', `${nameOf(row)} with NaN or infinity`, 'finite numbers')
    const scale = Math.fround(most / LARGEST)
    scales[row] = scale
    if (scale === 0) continue
    for (let j = 0; j < dims; j++) codes[row * stride + j] = codeOf(features[from + j]! / scale)
  }
  return { count, dims, stride, codes, scales }
}

/** Row-major [count, dims] of what the codes stand for. */
export function dequantiseRows({ count, dims, stride, codes, scales }: QuantisedRows): Float32Array {
  const features = new Float32Array(count * dims)
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < dims; j++) features[row * dims + j] = codes[row * stride + j]! * scales[row]!
  }
  return features
}

function codeOf(x: number): number {
  const below = Math.floor(x)
  const rest = x - below
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0)
  // A scale that was rounded down to float32 may leave the largest entry just above 127.
  return Math.max(-LARGEST, Math.min(LARGEST, up ? below + 1 : below))
}

function invalid(argument: string, got: string, expected: string): AttributionOracleError {
  const what = `The argument ${argument} cannot be stored`
  return new AttributionOracleError('INVALID_ARGUMENT', { what, got, expected }, { argument, got, expected })
}
