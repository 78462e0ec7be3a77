import type { GraphBuilder } from '../builder'
import { intOf } from '../nodeAttributes'
import type { Value } from '../value'
import type { Decomposition } from './decomposition'

/**
 * RotaryEmbedding of operator set 23: each pair (x1, x2) of a head turned by the angle of its position.
 * Inputs: x [B,H,T,D] or [B,T,H·D], cosines and sines [positions,r/2] with position_ids [B,T], or [B,T,r/2] without.
 */
export const rotaryEmbedding: Decomposition = (builder, node, [x, cosines, sines, positions]) => {
  const flat = x!.dims.length === 3
  const heads = flat ? splitHeads(builder, x!, intOf(node, 'num_heads') ?? 1) : x!
  const size = Number(heads.dims[3])
  const turned = intOf(node, 'rotary_embedding_dim') || size
  const [head, rest] = turned === size ? [heads] : builder.split(heads, [turned, size - turned], 3)
  const at = (table: Value): Value =>
    builder.unsqueeze(positions ? builder.gather(table, positions) : table, [1])
  const rotated = rotate(builder, head!, at(cosines!), at(sines!), intOf(node, 'interleaved') === 1)
  const joined = rest ? builder.concat([rotated, rest], 3) : rotated
  return [flat ? builder.reshape(builder.transpose(joined, [0, 2, 1, 3]), [0, 0, -1]) : joined]
}

const splitHeads = (builder: GraphBuilder, x: Value, heads: number): Value =>
  builder.transpose(builder.reshape(x, [0, 0, heads, Number(x.dims[2]) / heads]), [0, 2, 1, 3])

/** Pairs are the two halves of a head, or neighbours where `interleaved`. */
function rotate(builder: GraphBuilder, x: Value, cos: Value, sin: Value, interleaved: boolean): Value {
  const half = Number(x.dims[3]) / 2
  const pairs = interleaved ? builder.reshape(x, [0, 0, 0, half, 2]) : x
  const axis = interleaved ? 4 : 3
  const parts = builder.split(pairs, interleaved ? [1, 1] : [half, half], axis)
  const [first, second] = interleaved ? parts.map(part => builder.squeeze(part, [4])) : parts
  const turned = [
    builder.sub(builder.mul(cos, first!), builder.mul(sin, second!)),
    builder.add(builder.mul(sin, first!), builder.mul(cos, second!)),
  ]
  if (!interleaved) return builder.concat(turned, 3)
  const stacked = builder.concat(
    turned.map(part => builder.unsqueeze(part, [4])),
    4,
  )
  return builder.reshape(stacked, [0, 0, 0, -1])
}
