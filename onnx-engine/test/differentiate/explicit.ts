import type { Direction, Loss, Model, PassOutput, RunChoice, Samples, Want } from '../../src/index'
import { GradientPass, numbersOf } from '../../src/index'

export interface PassRunOptions extends RunChoice {
  readonly loss: Loss
  readonly direction?: Direction
  readonly weightsAre?: 'constants' | 'inputs'
  readonly projection?: { k: number; seed: string }
  readonly batch?: number
}

/** Opens a pass, runs it once and closes it. */
export async function runPass(
  model: Model,
  want: Want,
  samples: Samples,
  { loss, direction = 'loss', weightsAre = 'constants', projection, batch = 4, ...choice }: PassRunOptions,
): Promise<PassOutput> {
  const pass = await GradientPass.open(model, {
    loss,
    direction,
    want,
    weights: weightsAre,
    batch,
    session: {},
    ...(projection && { projection }),
  })
  try {
    return await pass.run(samples, choice)
  } finally {
    await pass.close()
  }
}

/**
 * Σ_p d_p·a_pᵀ of each sample, in the order of the layer's own weight [out, in] (PyTorch's), the bias last:
 * [n][out·inWidth].
 */
export function weightGradients({ layers }: PassOutput, index: number, count: number): number[][] {
  const { layer, positions, inputs, gradients } = layers[index]!
  const { inWidth, outWidth } = layer
  return Array.from({ length: count }, (_, sample) => {
    const sums = new Array<number>(outWidth * inWidth).fill(0)
    for (let row = sample * positions; row < (sample + 1) * positions; row++)
      for (let o = 0; o < outWidth; o++)
        for (let i = 0; i < inWidth; i++)
          sums[o * inWidth + i]! += gradients[row * outWidth + o]! * inputs[row * inWidth + i]!
    return sums
  })
}

/** The same from gradients per sample: the part of a convolution's group, a bias where the layer has one. */
export function storedGradients(
  output: PassOutput,
  { layers }: PassOutput,
  index: number,
  count: number,
): number[][] {
  const { layer } = layers[index]!
  const group = Number(/\/(\d+)/.exec(layer.name)?.[1] ?? 0)
  const { inWidth, outWidth, bias, transposed } = layer
  const width = inWidth - (bias ? 1 : 0)
  const weights = numbersOf(output.gradients!.get(layer.weight)!)
  const biases = layer.biasWeight === undefined ? [] : numbersOf(output.gradients!.get(layer.biasWeight)!)
  return Array.from({ length: count }, (_, sample) => {
    const each = weights.length / count
    const at = (o: number, i: number): number =>
      weights[sample * each + (transposed ? i * outWidth + o : (group * outWidth + o) * width + i)]!
    const biasOf = (o: number): number => biases[(sample * biases.length) / count + group * outWidth + o]!
    return Array.from({ length: outWidth * inWidth }, (__, entry) => {
      const [o, i] = [Math.floor(entry / inWidth), entry % inWidth]
      return i < width ? at(o, i) : biasOf(o)
    })
  })
}

/** The largest difference relative to the largest entry. */
export function relativeDistance(values: ArrayLike<number>, exact: ArrayLike<number>): number {
  if (values.length !== exact.length) return Infinity
  let [error, largest] = [0, 0]
  for (let i = 0; i < exact.length; i++) {
    error = Math.max(error, Math.abs(values[i]! - exact[i]!))
    largest = Math.max(largest, Math.abs(exact[i]!))
    if (Number.isNaN(values[i])) return NaN
  }
  return error / largest
}
