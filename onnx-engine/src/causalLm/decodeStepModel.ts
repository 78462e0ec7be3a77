import { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'
import { int64s } from '../model/tensor'
import type { Model } from '../model/types'
import type { CausalLmConfig } from './config'
import { linearSizes, type Linear } from './linears'
import { decoder, type Projections } from './network'
import type { Weights } from './parameterLayout'
import { constantWeights, withLora } from './weightSources'

export interface DecodeOptions {
  /** Sequences that advance together, one token each. */
  readonly slots: number
  /** Rank of every slot's adapter; a smaller one is padded with zeros. */
  readonly rank: number
  /** Linear layers that can carry an adapter; none = no adapter inputs. */
  readonly targets: readonly Linear[]
}

/** Names of the inputs and outputs that hold one layer's keys and values. */
export const cacheNames = (layer: number) => ({
  pastKey: `layers.${layer}.past_key`,
  pastValue: `layers.${layer}.past_value`,
  key: `layers.${layer}.key`,
  value: `layers.${layer}.value`,
})

/** Below every score; what it lets through is cut off again after the softmax. */
const MASKED = -1e9

/**
 * One decoding step of S slots, each at a position of its own.
 * Inputs: `token` and `position` int64 [S]; per layer `past_key`, `past_value` [S, heads, contextLength, headWidth], of
 * which a slot reads the rows before its position; per target `<module>.lora_a` [S, in, rank] and `<module>.lora_b`
 * [S, rank, out], alpha / rank being folded into B.
 * Outputs: `logits` [S, vocabSize] and per layer the new rows `key`, `value` [S, heads, headWidth], which the caller
 * writes into the cache. No slot's numbers enter another's, so the bits of a slot do not depend on its neighbours.
 */
export function decodeStepModel(config: CausalLmConfig, weights: Weights, options: DecodeOptions): Model {
  const { slots } = options
  const builder = new GraphBuilder('causalLmDecodeStep')
  const base = constantWeights(builder, config, weights)
  const source = withLora(base, adapterInputs(builder, config, options), 1)
  const token = builder.input('token', 'int64', [slots])
  const position = builder.input('position', 'int64', [slots])
  const isPast = pastMask(builder, config, position)

  const embeddings = builder.add(
    builder.gather(base.weight('tokens.weight'), token),
    builder.gather(base.weight('positions.weight'), position),
  )
  const logits = decoder(source, config, builder.unsqueeze(embeddings, [1]), (layer, projections) =>
    attendToPast(builder, config, slots, layer, projections, isPast),
  )
  builder.output(builder.squeeze(logits, [1]), 'logits')
  return builder.model()
}

function adapterInputs(
  builder: GraphBuilder,
  config: CausalLmConfig,
  { slots, rank, targets }: DecodeOptions,
): ReadonlyMap<string, Value> {
  return new Map(
    linearSizes(config)
      .filter(({ linear }) => targets.includes(linear))
      .flatMap(({ module, inWidth, outWidth }): [string, Value][] => [
        [`${module}.lora_a`, builder.input(`${module}.lora_a`, 'float32', [slots, inWidth, rank])],
        [`${module}.lora_b`, builder.input(`${module}.lora_b`, 'float32', [slots, rank, outWidth])],
      ]),
  )
}

/** bool [S, 1, 1, contextLength]: which rows of the cache a slot has written. */
function pastMask(builder: GraphBuilder, { contextLength }: CausalLmConfig, position: Value): Value {
  const rows = builder.constant(int64s(Array.from({ length: contextLength }, (_, row) => row)))
  return builder.op('Less', [rows, builder.unsqueeze(position, [1, 2, 3])])
}

function attendToPast(
  builder: GraphBuilder,
  { width, heads, contextLength }: CausalLmConfig,
  slots: number,
  layer: number,
  projections: Projections,
  isPast: Value,
): Value {
  const headWidth = width / heads
  const names = cacheNames(layer)
  const cache = (name: string): Value =>
    builder.input(name, 'float32', [slots, heads, contextLength, headWidth])
  const [pastKey, pastValue] = [cache(names.pastKey), cache(names.pastValue)]
  const byHead = (x: Value): Value => builder.reshape(x, [slots, heads, 1, headWidth])
  const query = byHead(builder.mul(projections.query, 1 / Math.sqrt(headWidth)))
  const [key, value] = [byHead(projections.key), byHead(projections.value)]

  const pastScores = builder.where(
    isPast,
    builder.matMul(query, builder.transposeLast(pastKey)),
    builder.constant(MASKED),
  )
  const ownScore = builder.reduceSum(builder.mul(query, key), [-1], true)
  const weights = builder.softmax(builder.concat([pastScores, ownScore], 3))
  const [pastWeights, ownWeight] = builder.split(weights, [contextLength, 1], 3) as [Value, Value]
  // A softmax kernel may round exp of a masked score to a tiny number instead of zero, and rows beyond the position
  // still hold an earlier request's values.
  const visible = builder.where(isPast, pastWeights, builder.constant(0))
  const mixed = builder.add(builder.matMul(visible, pastValue), builder.mul(ownWeight, value))

  builder.output(builder.squeeze(key, [2]), names.key)
  builder.output(builder.squeeze(value, [2]), names.value)
  return builder.reshape(mixed, [slots, 1, width])
}
