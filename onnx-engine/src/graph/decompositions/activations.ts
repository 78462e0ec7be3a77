import { scalar } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import { floatOf, textOf } from '../nodeAttributes'
import type { Value } from '../value'
import type { Decomposition } from './decomposition'

const number = (builder: GraphBuilder, like: Value, value: number): Value =>
  builder.constant(scalar(like.dtype, value))

const clip = (builder: GraphBuilder, x: Value, low: number, high: number): Value =>
  builder.op('Clip', [x, number(builder, x, low), number(builder, x, high)])

/** eˣ - 1 below zero and 0 above, where the exponential could overflow. */
const expBelowZero = (builder: GraphBuilder, x: Value): Value =>
  builder.sub(builder.exp(builder.op('Min', [x, number(builder, x, 0)])), 1)

const positivePart = (builder: GraphBuilder, x: Value): Value => builder.op('Relu', [x])

const elu =
  (alpha: number, gamma = 1): Decomposition =>
  (builder, node, [x]) => {
    const below = builder.mul(expBelowZero(builder, x!), floatOf(node, 'alpha') ?? alpha)
    const bent = builder.add(positivePart(builder, x!), below)
    const scale = floatOf(node, 'gamma') ?? gamma
    return [scale === 1 ? bent : builder.mul(bent, scale)]
  }

const celu: Decomposition = (builder, node, [x]) => {
  const alpha = floatOf(node, 'alpha') ?? 1
  const below = builder.mul(expBelowZero(builder, builder.div(x!, alpha)), alpha)
  return [builder.add(positivePart(builder, x!), below)]
}

/** log(1 + eˣ) without overflow. */
export function softplusOf(builder: GraphBuilder, x: Value): Value {
  const tail = builder.log(builder.add(builder.exp(builder.neg(builder.op('Abs', [x]))), 1))
  return builder.add(positivePart(builder, x), tail)
}

const hardSigmoid =
  (alpha: number): Decomposition =>
  (builder, node, [x]) => {
    const line = builder.add(builder.mul(x!, floatOf(node, 'alpha') ?? alpha), floatOf(node, 'beta') ?? 0.5)
    return [clip(builder, line, 0, 1)]
  }

const hardSwish: Decomposition = (builder, node, [x]) => [
  builder.mul(x!, hardSigmoid(1 / 6)(builder, node, [x!])[0]!),
]

const thresholded: Decomposition = (builder, node, [x]) => {
  const above = builder.op('Greater', [x, number(builder, x!, floatOf(node, 'alpha') ?? 1)])
  return [builder.where(above, x!, number(builder, x!, 0))]
}

/** x·σ(αx): SiLU of PyTorch with α = 1, QuickGelu of ONNX Runtime with 1.702. */
const swish =
  (alpha: number): Decomposition =>
  (builder, node, [x]) => {
    const slope = floatOf(node, 'alpha') ?? alpha
    return [builder.mul(x!, builder.op('Sigmoid', [slope === 1 ? x : builder.mul(x!, slope)]))]
  }

type Unary = (builder: GraphBuilder, x: Value) => Value

/** x·Φ(x), by the error function or by the approximation that the ONNX specification states. */
const gelu =
  (erf: Unary): Decomposition =>
  (builder, node, [x]) => [
    textOf(node, 'approximate') === 'tanh' ? tanhGelu(builder, x!) : exactGelu(erf)(builder, x!),
  ]

const exactGelu =
  (erf: Unary): Unary =>
  (builder, x) =>
    builder.mul(builder.mul(x, 0.5), builder.add(erf(builder, builder.mul(x, Math.SQRT1_2)), 1))

/** x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
function tanhGelu(builder: GraphBuilder, x: Value): Value {
  const cubic = builder.mul(builder.mul(builder.mul(x, x), x), 0.044715)
  const bend = builder.op('Tanh', [builder.mul(builder.add(x, cubic), Math.sqrt(2 / Math.PI))])
  return builder.mul(builder.mul(x, 0.5), builder.add(bend, 1))
}

const biased =
  (activation: Unary): Decomposition =>
  (builder, _node, [x, bias]) => [activation(builder, bias ? builder.add(x!, bias) : x!)]

/** @param erf how the error function is computed, for which ONNX Runtime has a float32 kernel only */
export const activationDecompositions = (erf: Unary): Readonly<Record<string, Decomposition>> => ({
  Elu: elu(1),
  Selu: elu(1.67326319217681884765625, 1.05070102214813232421875),
  Celu: celu,
  ThresholdedRelu: thresholded,
  HardSigmoid: hardSigmoid(0.2),
  HardSwish: hardSwish,
  Softplus: (builder, _node, [x]) => [softplusOf(builder, x!)],
  Softsign: (builder, _node, [x]) => [builder.div(x!, builder.add(builder.op('Abs', [x]), 1))],
  Tan: (builder, _node, [x]) => [builder.div(builder.op('Sin', [x]), builder.op('Cos', [x]))],
  Sinh: (builder, _node, [x]) => [
    builder.mul(builder.sub(builder.exp(x!), builder.exp(builder.neg(x!))), 0.5),
  ],
  Cosh: (builder, _node, [x]) => [
    builder.mul(builder.add(builder.exp(x!), builder.exp(builder.neg(x!))), 0.5),
  ],
  Mish: (builder, _node, [x]) => [builder.mul(x!, builder.op('Tanh', [softplusOf(builder, x!)]))],
  Swish: swish(1),
  Gelu: gelu(erf),
  'com.microsoft.Gelu': gelu(erf),
  'com.microsoft.BiasGelu': biased(exactGelu(erf)),
  'com.microsoft.FastGelu': biased(tanhGelu),
  'com.microsoft.QuickGelu': swish(1.702),
})
