import { isScattered } from './context'
import type { GradientContext, GradientRule } from './context'
import { sumToShapeOf } from './broadcast'
import { normalize, normalizeCentred } from '../decompositions/normalization'
import { scatterAdd } from './indexing'
import type { Value } from '../value'

const softmax: GradientRule = context => {
  const { builder, y, dy } = context
  return [
    () => {
      const weighted = builder.mul(dy, y)
      const total = builder.reduceSum(weighted, [context.axis(-1)], true)
      return builder.sub(weighted, builder.mul(y, total))
    },
  ]
}

/** dx = dy - softmax·Σdy; where single elements were read (cross-entropy), one pass and a scatter do. */
const logSoftmax: GradientRule = context => {
  const { builder, y, arrived } = context
  const axis = context.axis(-1)
  return [
    () => {
      if (arrived && isScattered(arrived) && arrived.axis === axis) {
        const total = builder.neg(builder.reduceSum(arrived.updates, [axis], true))
        return scatterAdd(builder, builder.mul(builder.exp(y), total), arrived.indices, arrived.updates, axis)
      }
      const { dy } = context
      return builder.sub(dy, builder.mul(builder.exp(y), builder.reduceSum(dy, [axis], true)))
    },
  ]
}

const layerNormalization: GradientRule = context => {
  const { builder, inputs, x, dy } = context
  if (context.gradientOf(1) || context.gradientOf(2))
    throw context.unsupported('LayerNormalization through its statistics')
  const scale = inputs[1]!
  const axes = x.dims.map((_, i) => i).slice(context.axis(-1))
  let statistics: { centred: Value; inverse: Value } | undefined
  const parts = () => (statistics ??= centredInput(context, axes))
  return [
    () => {
      const { centred, inverse } = parts()
      const scaled = builder.mul(dy, scale)
      const mean = builder.reduceMean(scaled, axes, true)
      // The two factors by which x is normalized are applied to one number per row instead of to x.
      const correlation = builder.reduceMean(builder.mul(scaled, centred), axes, true)
      const slope = builder.mul(correlation, builder.mul(inverse, inverse))
      return builder.mul(builder.sub(builder.sub(scaled, mean), builder.mul(centred, slope)), inverse)
    },
    () => {
      const { centred, inverse } = parts()
      return sumToShapeOf(builder, builder.mul(builder.mul(dy, centred), inverse), scale)
    },
    inputs[2] && (() => sumToShapeOf(builder, dy, inputs[2]!)),
  ]
}

/** x - mean and 1/√(variance + ε). */
function centredInput(context: GradientContext, axes: number[]): { centred: Value; inverse: Value } {
  const { builder, x, node } = context
  if (x.dtype === 'float32') {
    const [, mean, inverse] = builder.withOutputs(node, 3)
    return { centred: builder.sub(x, mean!), inverse: inverse! }
  }
  // The kernel returns its statistics in float32 whatever the input is, so a float64 graph computes its own.
  return normalize(builder, x, axes, context.float('epsilon', 1e-5))
}

/** As that of LayerNormalization without the mean. */
const rmsNormalization: GradientRule = context => {
  const { builder, inputs, x, dy } = context
  if (context.gradientOf(1)) throw context.unsupported(`${context.node.opType} through its statistics`)
  const scale = inputs[1]!
  const axes = x.dims.map((_, i) => i).slice(context.axis(-1))
  let found: { normalized: Value; inverse: Value } | undefined
  const parts = () => (found ??= normalizeCentred(builder, x, axes, context.float('epsilon', 1e-5)))
  return [
    () => {
      const { normalized, inverse } = parts()
      const scaled = builder.mul(dy, scale)
      const slope = builder.reduceMean(builder.mul(scaled, normalized), axes, true)
      return builder.mul(builder.sub(scaled, builder.mul(normalized, slope)), inverse)
    },
    () => sumToShapeOf(builder, builder.mul(dy, parts().normalized), scale),
  ]
}

export const normalizationGradients: Record<string, GradientRule> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
}
