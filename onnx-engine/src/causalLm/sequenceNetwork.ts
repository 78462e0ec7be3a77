import type { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'
import { tensor } from '../model/tensor'
import type { CausalLmConfig } from './config'
import { decoder, type NetworkSource, type Projections } from './network'

/** Far below every score, and still finite, so that no 0 * infinity can arise. */
const MASKED = -1e9

/** Logits [B, T, vocabSize] of whole sequences `tokens` int64 [B, T], T at most the context length. */
export function sequenceLogits(source: NetworkSource, config: CausalLmConfig, tokens: Value): Value {
  const { builder } = source
  const length = builder.gather(builder.shape(tokens), builder.shapeConstant([1]))
  const positions = firstRows(builder, source.weight('positions.weight'), [length])
  const mask = firstRows(builder, causalMask(builder, config), [length, length])
  const embeddings = builder.add(builder.gather(source.weight('tokens.weight'), tokens), positions)
  return decoder(source, config, embeddings, (_, projections) =>
    causalAttention(builder, config, projections, mask),
  )
}

/** The first `lengths[i]` elements along axis i. */
function firstRows(builder: GraphBuilder, x: Value, lengths: readonly Value[]): Value {
  const axes = lengths.map((_, axis) => axis)
  const starts = builder.shapeConstant(axes.map(() => 0))
  return builder.op('Slice', [x, starts, builder.concat(lengths, 0), builder.shapeConstant(axes)])
}

function causalMask(builder: GraphBuilder, { contextLength }: CausalLmConfig): Value {
  const sees = (from: number, to: number): boolean => to <= from
  const values = Array.from({ length: contextLength ** 2 }, (_, i) =>
    sees(Math.floor(i / contextLength), i % contextLength) ? 0 : MASKED,
  )
  return builder.initializer('causalMask', tensor('float32', [contextLength, contextLength], values))
}

function causalAttention(
  builder: GraphBuilder,
  { width, heads }: CausalLmConfig,
  { query, key, value }: Projections,
  mask: Value,
): Value {
  const headWidth = width / heads
  const byHead = (x: Value): Value =>
    builder.transpose(builder.reshape(x, [0, 0, heads, headWidth]), [0, 2, 1, 3])
  const scaled = builder.mul(query, 1 / Math.sqrt(headWidth))
  const scores = builder.matMul(byHead(scaled), builder.transposeLast(byHead(key)))
  const weights = builder.softmax(builder.add(scores, mask))
  const mixed = builder.matMul(weights, byHead(value))
  return builder.reshape(builder.transpose(mixed, [0, 2, 1, 3]), [0, 0, width])
}
