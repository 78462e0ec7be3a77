import { tensor } from '../../model/tensor'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'
import { gaussLegendre } from './gaussLegendre'

type Decomposition = (builder: GraphBuilder, node: Node, inputs: readonly Value[]) => Value[]

/** Beyond ±6 the error function is ±1 to the last bit of a float64. */
const ERF_LIMIT = 6
const quadrature = gaussLegendre(48)

/** erf(x) = 2x/√π ∫₀¹ exp(-x²t²) dt, to a few units of 1e-15. */
function erf(builder: GraphBuilder, x: Value): Value {
  const limit = (value: number): Value => builder.constant(value)
  const clipped = builder.op('Clip', [x, limit(-ERF_LIMIT), limit(ERF_LIMIT)])
  const points = builder.constant(tensor('float64', [quadrature.nodes.length], quadrature.nodes))
  const weights = builder.constant(tensor('float64', [quadrature.weights.length], quadrature.weights))
  const scaled = builder.mul(builder.unsqueeze(clipped, [-1]), points)
  const integral = builder.matMul(builder.exp(builder.neg(builder.mul(scaled, scaled))), weights)
  return builder.mul(builder.mul(clipped, integral), 2 / Math.sqrt(Math.PI))
}

/** The kernel returns mean and deviation in float32, so the twin takes them from primitives. */
const layerNormalization: Decomposition = (builder, node, inputs) => {
  const [x, scale, bias] = inputs
  const attribute = (name: string, otherwise: number): number => {
    const found = node.attributes[name]
    return found?.kind === 'int' || found?.kind === 'float' ? found.value : otherwise
  }
  const axis = attribute('axis', -1)
  const axes = x!.dims.map((_, i) => i).slice(axis)
  const mean = builder.reduceMean(x!, axes, true)
  const centred = builder.sub(x!, mean)
  const variance = builder.reduceMean(builder.mul(centred, centred), axes, true)
  const inverse = builder.op('Reciprocal', [builder.sqrt(builder.add(variance, attribute('epsilon', 1e-5)))])
  const scaled = builder.mul(builder.mul(centred, inverse), scale!)
  return [bias ? builder.add(scaled, bias) : scaled, mean, inverse]
}

/** log(1 + eˣ) without overflow. */
const softplus: Decomposition = (builder, _node, [x]) => {
  const tail = builder.log(builder.add(builder.exp(builder.neg(builder.op('Abs', [x]))), 1))
  return [builder.add(builder.op('Max', [x, builder.constant(0)]), tail)]
}

const gelu: Decomposition = (builder, node, inputs) => {
  const x = inputs[0]!
  const approximate = node.attributes['approximate']
  const tanh = approximate?.kind === 'string' && approximate.value === 'tanh'
  const bend = tanh
    ? builder.op('Tanh', [tanhArgument(builder, x)])
    : erf(builder, builder.mul(x, Math.SQRT1_2))
  return [builder.mul(builder.mul(x, 0.5), builder.add(bend, 1))]
}

/** √(2/π)·(x + 0.044715·x³), as the ONNX specification of Gelu has it. */
function tanhArgument(builder: GraphBuilder, x: Value): Value {
  const cubic = builder.mul(builder.mul(builder.mul(x, x), x), 0.044715)
  return builder.mul(builder.add(x, cubic), Math.sqrt(2 / Math.PI))
}

/** Operators that ONNX Runtime has in float32 only, or computes in float32 inside, from those that it has in float64. */
export const decompositions: Readonly<Record<string, Decomposition>> = {
  Erf: (builder, _node, [x]) => [erf(builder, x!)],
  Gelu: gelu,
  Softplus: softplus,
  LayerNormalization: layerNormalization,
}
