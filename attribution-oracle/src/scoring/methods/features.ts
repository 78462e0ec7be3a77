import type { LayerCapture } from '../capture'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { gradientSize, sampleGradients } from '../linear/sampleGradients'
import { inBasis, type LayerBasis } from './basis'

/** Numbers of a block of features. */
const BLOCK = 1 << 22

/** Per-sample weight gradients of one layer in a basis: [count, gradientSize], samples first .. first + count. */
export function featuresOf(
  linear: Linear,
  layer: LayerCapture,
  basis: LayerBasis,
  first: number,
  count: number,
): Matrix {
  const window = { positions: layer.positions, first, count }
  const features = linear.zeros(count, featureSize(basis))
  linear.scope(() => {
    const inputs = inBasis(linear, basis.inputs, layer.inputs, window)
    const gradients = inBasis(linear, basis.gradients, layer.gradients, window)
    const made = sampleGradients(linear, inputs, gradients, { ...window, first: 0 })
    features.data.set(made.data)
  })
  return features
}

/** Numbers in a row of features, padding included. */
export function featureSize(basis: LayerBasis): number {
  return gradientSize(basis.inputs.size, basis.gradients.size)
}

/** Calls `use` with blocks of features of all samples, in order, each freed before the next. */
export function eachBlock(
  linear: Linear,
  layer: LayerCapture,
  basis: LayerBasis,
  samples: number,
  use: (features: Matrix, first: number) => void,
): void {
  const count = Math.max(1, Math.floor(BLOCK / featureSize(basis)))
  for (let first = 0; first < samples; first += count) {
    linear.scope(() => use(featuresOf(linear, layer, basis, first, Math.min(count, samples - first)), first))
  }
}
