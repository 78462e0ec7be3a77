import { GraphBuilder } from '../graph/builder'
import { crossEntropy } from '../graph/crossEntropy'
import { gradients } from '../graph/gradients/reverse'
import { addNarrowProductsInPlace } from '../graph/narrowProducts'
import type { Value } from '../graph/value'
import type { Model } from '../model/types'
import type { CausalLmConfig } from './config'
import type { LoraOptions } from './lora'
import type { NetworkSource } from './network'
import {
  loraLayout,
  parameterCount,
  parameterLayout,
  type ParameterLayout,
  type Weights,
} from './parameterLayout'
import { sequenceLogits } from './sequenceNetwork'
import { constantWeights, fromValues, slicedParameters, withLora } from './weightSources'

/**
 * The graph of one training step, every weight free.
 * Inputs: `parameters` [P] in the order of `parameterLayout`; `tokens`, `targets` int64 [B, T], targets of -1 are not
 * scored. Outputs: `loss`, the mean over scored tokens in nats; `count`, how many those were; `gradient` [P] of the
 * loss. Without a scored token loss and gradient are zero.
 */
export function trainingModel(config: CausalLmConfig): Model {
  const builder = new GraphBuilder('causalLmTraining')
  return trainingGraph(builder, config, parameterLayout(config), weights => fromValues(builder, weights))
}

/** The same with the base constant and the LoRA factors free: `parameters` [P] in the order of `loraLayout`. */
export function loraTrainingModel(config: CausalLmConfig, weights: Weights, lora: LoraOptions): Model {
  const builder = new GraphBuilder('causalLmLoraTraining')
  const base = constantWeights(builder, config, weights)
  const model = trainingGraph(builder, config, loraLayout(config, lora), factors =>
    withLora(base, factors, lora.alpha / lora.rank),
  )
  return addNarrowProductsInPlace(model)
}

function trainingGraph(
  builder: GraphBuilder,
  config: CausalLmConfig,
  layout: ParameterLayout,
  sourceOf: (free: ReadonlyMap<string, Value>) => NetworkSource,
): Model {
  const parameters = builder.input('parameters', 'float32', [parameterCount(layout)])
  const tokens = builder.input('tokens', 'int64', ['B', 'T'])
  const targets = builder.input('targets', 'int64', ['B', 'T'])
  const free = slicedParameters(builder, layout, parameters)
  const { total, count } = crossEntropy(builder, sequenceLogits(sourceOf(free), config, tokens), targets)
  const loss = builder.div(total, builder.op('Max', [count, builder.constant(1)]))
  // With respect to the slices, not to the flat vector: one concatenation instead of a padded vector per weight.
  const flat = gradients(builder, loss, [...free.values()]).map(gradient => builder.reshape(gradient, [-1]))
  builder.output(loss, 'loss')
  builder.output(count, 'count')
  builder.output(builder.concat(flat, 0), 'gradient')
  return builder.model()
}
