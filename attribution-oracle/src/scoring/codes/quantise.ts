import { AttributionOracleError } from '../../errors'
import type { LayerCapture, SampleCapture } from '../capture'
import { type Codes, type LayerCodes, TOP } from './codes'
import { halfOf, roundHalfEven } from './half'

/**
 * Stage A: the codes of a capture of margins.
 * @throws AttributionOracleError INVALID_ARGUMENT: the capture has no probability of the true class
 */
export function quantise(capture: SampleCapture): Codes {
  const { count, probability } = capture
  if (!probability) throw withoutProbability()
  return {
    count,
    layers: capture.layers.map(layer => quantiseLayer(layer, count)),
    doubts: Uint16Array.from(probability, p => halfOf(Math.min(1, Math.max(0, 1 - p)))),
  }
}

export function quantiseLayer(layer: LayerCapture, count: number): LayerCodes {
  const { name, inWidth, outWidth, positions } = layer
  const inputs = quantiseSide(layer.inputs, count, positions * inWidth)
  const gradients = quantiseSide(layer.gradients, count, positions * outWidth)
  return {
    ...{ name, inWidth, outWidth, positions },
    ...{ inputs: inputs.codes, inputScales: inputs.scales },
    ...{ gradients: gradients.codes, gradientScales: gradients.scales },
  }
}

/** round(x / max|x| · 127), ties to even, for each of `count` samples of `width` numbers; a zero sample has scale 0. */
function quantiseSide(
  values: Float32Array,
  count: number,
  width: number,
): { codes: Int8Array; scales: Float32Array } {
  const codes = new Int8Array(count * width)
  const scales = new Float32Array(count)
  for (let sample = 0; sample < count; sample++) {
    const start = sample * width
    let largest = 0
    for (let at = start; at < start + width; at++) largest = Math.max(largest, Math.abs(values[at]!))
    scales[sample] = largest
    if (largest === 0) continue
    for (let at = start; at < start + width; at++) codes[at] = roundHalfEven((values[at]! * TOP) / largest)
  }
  return { codes, scales }
}

function withoutProbability(): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    {
      what: 'codes need the probability of the true class',
      got: 'a capture of a regression or of sequences',
      expected: 'one probability per sample',
      fix: 'score this model with ggn, logra or ek-fac',
    },
    { argument: 'probability', got: 'none', expected: 'one per sample' },
  )
}
