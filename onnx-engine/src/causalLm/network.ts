import type { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'
import type { CausalLmConfig } from './config'
import { moduleName } from './linears'

/**
 * Where the numbers of a network come from: constants, slices of a packed vector, adapters. Everything that shares the
 * architecture differs only in this and in how it attends.
 */
export interface NetworkSource {
  readonly builder: GraphBuilder
  weight(name: string): Value
  /** Applies the linear layers of these modules to the same x [..., in]. */
  linears<Name extends string>(modules: Readonly<Record<Name, string>>, x: Value): Record<Name, Value>
}

export interface Projections {
  readonly query: Value
  readonly key: Value
  readonly value: Value
}

/**
 * The pre-LayerNorm decoder, its MLPs with squared ReLU, from embeddings [..., width] to logits [..., vocabSize].
 * `attend` mixes over positions: it gets one block's projections [..., width] and returns the same shape.
 */
export function decoder(
  source: NetworkSource,
  { layers }: CausalLmConfig,
  embeddings: Value,
  attend: (layer: number, projections: Projections) => Value,
): Value {
  const { builder, linears } = source
  const linear = (module: string, x: Value): Value => linears({ y: module }, x).y
  let x = embeddings
  for (let layer = 0; layer < layers; layer++) {
    const attentionInput = norm(source, `layers.${layer}.attention.norm`, x)
    const mixed = attend(
      layer,
      linears(
        {
          query: moduleName(layer, 'query'),
          key: moduleName(layer, 'key'),
          value: moduleName(layer, 'value'),
        },
        attentionInput,
      ),
    )
    x = builder.add(x, linear(moduleName(layer, 'output'), mixed))
    const raised = linear(moduleName(layer, 'up'), norm(source, `layers.${layer}.mlp.norm`, x))
    x = builder.add(x, linear(moduleName(layer, 'down'), squaredRelu(builder, raised)))
  }
  return builder.matMul(norm(source, 'norm', x), source.weight('head.weight'))
}

function norm({ builder, weight }: NetworkSource, name: string, x: Value): Value {
  return builder.layerNormalization(x, weight(`${name}.weight`), weight(`${name}.bias`))
}

/**
 * relu(x)² (So et al., "Primer", 2021): with its gradient three passes over the widest activations, where an exact GELU
 * takes ten.
 */
function squaredRelu(builder: GraphBuilder, x: Value): Value {
  const positive = builder.op('Relu', [x])
  return builder.mul(positive, positive)
}
