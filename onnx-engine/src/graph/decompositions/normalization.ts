import type { GraphBuilder } from '../builder'
import { floatOf, intOf } from '../nodeAttributes'
import type { Value } from '../value'
import type { Decomposition } from './decomposition'

const epsilonOf = (node: Parameters<Decomposition>[1]): number => floatOf(node, 'epsilon') ?? 1e-5

interface Normalized {
  /** centred·inverse */
  readonly normalized: Value
  /** x - mean */
  readonly centred: Value
  readonly mean: Value
  /** 1/√(variance + ε) */
  readonly inverse: Value
}

export function normalize(
  builder: GraphBuilder,
  x: Value,
  axes: readonly number[],
  epsilon: number,
): Normalized {
  const mean = builder.reduceMean(x, axes, true)
  const centred = builder.sub(x, mean)
  return { centred, mean, ...normalizeCentred(builder, centred, axes, epsilon) }
}

/** Division by the root of the mean square, which is all of RMSNormalization. */
export function normalizeCentred(
  builder: GraphBuilder,
  centred: Value,
  axes: readonly number[],
  epsilon: number,
): { readonly normalized: Value; readonly inverse: Value } {
  const square = builder.reduceMean(builder.mul(centred, centred), axes, true)
  const inverse = builder.op('Reciprocal', [builder.sqrt(builder.add(square, epsilon))])
  return { normalized: builder.mul(centred, inverse), inverse }
}

const from = (x: Value, axis: number): number[] => x.dims.map((_, i) => i).slice(axis)

/** The kernel returns mean and deviation in float32 whatever its input is. */
const layerNormalization: Decomposition = (builder, node, [x, scale, bias]) => {
  const axes = from(x!, intOf(node, 'axis') ?? -1)
  const { normalized, mean, inverse } = normalize(builder, x!, axes, epsilonOf(node))
  const scaled = builder.mul(normalized, scale!)
  return [bias ? builder.add(scaled, bias) : scaled, mean, inverse]
}

const rmsNormalization: Decomposition = (builder, node, [x, scale]) => {
  const axes = from(x!, intOf(node, 'axis') ?? -1)
  const { normalized, inverse } = normalizeCentred(builder, x!, axes, epsilonOf(node))
  return [builder.mul(normalized, scale!), inverse]
}

/** One number per channel, in the shape that meets axis 1 of x. */
const perChannel = (builder: GraphBuilder, vector: Value, x: Value): Value =>
  x.dims.length === 2 ? vector : builder.reshape(vector, [-1, ...x.dims.slice(2).map(() => 1)])

function scaleChannels(builder: GraphBuilder, x: Value, scale: Value, bias: Value): Value {
  return builder.add(builder.mul(x, perChannel(builder, scale, x)), perChannel(builder, bias, x))
}

/** (x - mean)·scale/√(variance + ε) + bias with fixed statistics. */
const batchNormalization: Decomposition = (builder, node, [x, scale, bias, mean, variance]) => {
  const factor = builder.div(scale!, builder.sqrt(builder.add(variance!, epsilonOf(node))))
  return [scaleChannels(builder, builder.sub(x!, perChannel(builder, mean!, x!)), factor, bias!)]
}

const instanceNormalization: Decomposition = (builder, node, [x, scale, bias]) => [
  scaleChannels(builder, normalize(builder, x!, from(x!, 2), epsilonOf(node)).normalized, scale!, bias!),
]

/** Up to operator set 20 scale and bias are per group, from 21 on per channel. */
const groupNormalization: Decomposition = (builder, node, [x, scale, bias]) => {
  const [groups, channels] = [intOf(node, 'num_groups') ?? 1, Number(x!.dims[1])]
  const grouped = builder.reshape(x!, [0, groups, -1])
  const { normalized } = normalize(builder, grouped, [2], epsilonOf(node))
  const each = (vector: Value): Value =>
    vector.dims[0] === channels
      ? vector
      : builder.reshape(builder.expand(builder.unsqueeze(vector, [1]), [groups, channels / groups]), [-1])
  const back = builder.op('Reshape', [normalized, builder.shape(x!)])
  return [scaleChannels(builder, back, each(scale!), each(bias!))]
}

export const normalizationDecompositions: Readonly<Record<string, Decomposition>> = {
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
}
