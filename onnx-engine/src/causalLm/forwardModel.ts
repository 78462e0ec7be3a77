import { GraphBuilder } from '../graph/builder'
import type { Model } from '../model/types'
import type { CausalLmConfig } from './config'
import type { Weights } from './parameterLayout'
import { sequenceLogits } from './sequenceNetwork'
import { constantWeights } from './weightSources'

/** The model as a file: `tokens` int64 [B, T] to `logits` [B, T, vocabSize], weights inside under dotted names. */
export function forwardModel(config: CausalLmConfig, weights: Weights): Model {
  const builder = new GraphBuilder('causalLm')
  const source = constantWeights(builder, config, weights)
  const tokens = builder.input('tokens', 'int64', ['B', 'T'])
  builder.output(sequenceLogits(source, config, tokens), 'logits')
  return builder.model()
}
