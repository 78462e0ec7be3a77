import { type Linear, padded } from './linear'
import type { Matrix } from './matrix'
import { addProduct, columnsOf } from './multiply'

/**
 * The gradient of a layer's weights for each of `count` samples: row i is Σ_p d_p a_pᵀ of sample first + i, [outWidth]
 * rows of [inWidth], both padded to multiples of four with zeros.
 * @param inputs [n * positions, inWidth]
 * @param gradients [n * positions, outWidth]
 */
export function sampleGradients(
  linear: Linear,
  inputs: Matrix,
  gradients: Matrix,
  o: { readonly positions: number; readonly first: number; readonly count: number },
): Matrix {
  const width = padded(inputs.columns)
  const features = linear.zeros(o.count, padded(gradients.columns) * width)
  for (let sample = 0; sample < o.count; sample++) {
    const term = (o.first + sample) * o.positions
    addProduct(
      linear,
      { offset: features.at(sample, 0), stride: width * 8 },
      columnsOf(gradients, 0, gradients.columns, term, o.positions),
      columnsOf(inputs, 0, inputs.columns, term, o.positions),
    )
  }
  return features
}

/** Numbers in a row of sampleGradients. */
export function gradientSize(inWidth: number, outWidth: number): number {
  return padded(inWidth) * padded(outWidth)
}
