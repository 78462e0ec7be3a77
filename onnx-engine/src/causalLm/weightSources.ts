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
  return {
    builder,
    weight,
    linears: (modules, x) => mapValues(modules, module => builder.matMul(x, weight(`${module}.weight`))),
  }
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
    linears: (modules, x) => {
      const wide = base.linears(modules, x)
      const narrow = narrowed(builder, Object.values(modules), x, factors, scale)
      return mapValues(modules, (module, name) => {
        const input = narrow.get(module)
        const b = factors.get(`${module}.lora_b`)
        return input && b ? builder.add(wide[name], builder.matMul(input, b)) : wide[name]
      })
    },
  }
}

/**
 * (x A) * scale for each module that has factors. Matrices [in, rank] are put beside each other into one product, since a
 * narrow one does not fill the kernel; adapters of slots [S, in, rank] would have to be copied together at every step.
 */
function narrowed(
  builder: GraphBuilder,
  modules: readonly string[],
  x: Value,
  factors: ReadonlyMap<string, Value>,
  scale: number,
): ReadonlyMap<string, Value> {
  const adapted = modules.filter(module => factors.has(`${module}.lora_a`))
  const a = adapted.map(module => factors.get(`${module}.lora_a`) as Value)
  const times = (factor: Value): Value => {
    const product = builder.matMul(x, factor)
    return scale === 1 ? product : builder.mul(product, scale)
  }
  const beside = a.length > 1 && a.every(({ dims }) => dims.length === 2)
  const ranks = a.map(({ dims }) => dims[1] as number)
  const products = beside ? builder.split(times(builder.concat(a, 1)), ranks, -1) : a.map(times)
  return new Map(adapted.map((module, i) => [module, products[i] as Value]))
}

function mapValues<Name extends string, From, To>(
  values: Readonly<Record<Name, From>>,
  map: (value: From, name: Name) => To,
): Record<Name, To> {
  const entries = Object.entries(values) as [Name, From][]
  return Object.fromEntries(entries.map(([name, value]) => [name, map(value, name)])) as Record<Name, To>
}
