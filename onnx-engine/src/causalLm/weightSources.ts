import type { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'
import { elementCount } from '../model/tensor'
import type { Tensor } from '../model/types'
import type { CausalLmConfig } from './config'
import type { NetworkSource } from './network'
import { checkWeights, parameterLayout, type ParameterLayout, type Weights } from './parameterLayout'

/** Weights as constants under their dotted names. Throws INVALID_ARGUMENT when they are not those of `config`. */
export function constantWeights(
  builder: GraphBuilder,
  config: CausalLmConfig,
  weights: Weights,
): NetworkSource {
  const layout = parameterLayout(config)
  checkWeights(layout, weights)
  const constants = layout.map(({ name }): [string, Value] => [
    name,
    builder.initializer(name, weights.get(name) as Tensor),
  ])
  return fromValues(builder, new Map(constants))
}

/** Weights as values that exist in the graph, by dotted name. */
export function fromValues(builder: GraphBuilder, values: ReadonlyMap<string, Value>): NetworkSource {
  const weight = (name: string): Value => values.get(name) ?? builder.value(name)
  return { builder, weight, linear: (module, x) => builder.matMul(x, weight(`${module}.weight`)) }
}

/** Cuts one flat vector into the tensors of a layout, so that a run takes one input instead of dozens. */
export function slicedParameters(
  builder: GraphBuilder,
  layout: ParameterLayout,
  parameters: Value,
): ReadonlyMap<string, Value> {
  return new Map(
    layout.map(({ name, dims, offset }) => {
      const flat = builder.slice(parameters, offset, offset + elementCount(dims), 0)
      return [name, dims.length === 1 ? flat : builder.reshape(flat, dims)]
    }),
  )
}

/** `base` with (x A) B * scale added to each linear layer that has factors `<module>.lora_a` and `.lora_b`. */
export function withLora(
  base: NetworkSource,
  factors: ReadonlyMap<string, Value>,
  scale: number,
): NetworkSource {
  const { builder } = base
  return {
    ...base,
    linear: (module, x) => {
      const [a, b] = [factors.get(`${module}.lora_a`), factors.get(`${module}.lora_b`)]
      const y = base.linear(module, x)
      if (!a || !b) return y
      const narrow = builder.matMul(x, a)
      return builder.add(y, builder.matMul(scale === 1 ? narrow : builder.mul(narrow, scale), b))
    },
  }
}
