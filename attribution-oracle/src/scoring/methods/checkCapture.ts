import { AttributionOracleError } from '../../errors'
import type { LayerCapture, SampleCapture } from '../capture'

/**
 * The capture, if it is whole: at least one sample and one layer, lengths that fit, and every number finite. Checked
 * where a model's numbers come in: one NaN would spread over every score.
 * @param who named in the error, for example "train margin"
 * @throws AttributionOracleError SCORING_FAILED
 */
export function checkCapture(capture: SampleCapture, who: string): SampleCapture {
  if (capture.count < 1) throw broken(who, 'there are no samples', 'give at least one')
  if (capture.layers.length === 0)
    throw broken(who, 'the model has no linear or convolution layer to look at', 'choose another method')
  for (const layer of capture.layers) {
    checkSide(layer, 'inputs', layer.inWidth, capture.count, who)
    checkSide(layer, 'gradients', layer.outWidth, capture.count, who)
  }
  checkFinite(capture.loss, `${who}: loss`)
  if (capture.probability) checkFinite(capture.probability, `${who}: probability`)
  return capture
}

/** Two sides of one checkpoint must be of the same network. */
export function checkSameLayers(a: SampleCapture, b: SampleCapture): void {
  const names = (capture: SampleCapture): string =>
    capture.layers.map(l => `${l.name} [${l.inWidth} -> ${l.outWidth}]`).join(', ')
  if (names(a) === names(b)) return
  throw broken('queries', `their layers are ${names(b)}, those of training are ${names(a)}`, 'use one model')
}

function checkSide(
  layer: LayerCapture,
  side: 'inputs' | 'gradients',
  width: number,
  count: number,
  who: string,
): void {
  const expected = count * layer.positions * width
  const name = `${who}: ${side} of layer ${layer.name}`
  if (layer[side].length !== expected)
    throw broken(name, `${layer[side].length} numbers where ${expected} belong`, 'give [n, positions, width]')
  checkFinite(layer[side], name)
}

function checkFinite(values: Float32Array | Float64Array, name: string): void {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index]!))
      throw broken(name, `number ${index} is ${values[index]}`, 'look for what makes the model overflow')
  }
}

function broken(step: string, reason: string, fix: string): AttributionOracleError {
  return new AttributionOracleError('SCORING_FAILED', { what: `${step}: ${reason}`, fix }, { step, reason })
}
