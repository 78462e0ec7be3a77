import { scalar, tensor } from '../../model/tensor'
import { intOf } from '../nodeAttributes'
import type { Decomposition } from './decomposition'

export const mean: Decomposition = (builder, _node, inputs) => [
  builder.div(
    inputs.reduce((sum, input) => builder.add(sum, input)),
    inputs.length,
  ),
]

/** Max or Min of any number of inputs as one of two after the other. */
export const extreme: Decomposition = (builder, node, inputs) => [
  inputs.reduce((left, right) => builder.op(node.opType, [left, right])),
]

/** values[1] where the index along the new axis is the given one, values[0] elsewhere. */
export const oneHot: Decomposition = (builder, node, [indices, depth, values]) => {
  const rank = indices!.dims.length + 1
  const axis = ((intOf(node, 'axis') ?? -1) + rank) % rank
  const size = builder.reshape(builder.cast(depth!, 'int64'), [])
  const zero = builder.constant(scalar('int64', 0))
  const positions = builder.op('Range', [zero, size, builder.constant(scalar('int64', 1))])
  const given = builder.cast(indices!, 'int64')
  const fromFront = builder.where(builder.op('Less', [given, zero]), builder.add(given, size), given)
  const line = builder.reshape(
    positions,
    Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
  )
  const hit = builder.op('Equal', [builder.unsqueeze(fromFront, [axis]), line])
  const pick = (index: number) => builder.gather(values!, builder.constant(tensor('int64', [], [index])))
  return [builder.where(hit, pick(1), pick(0))]
}
