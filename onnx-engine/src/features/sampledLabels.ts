import { int } from '../model/attributes'
import { dtypes } from '../model/dtypes'
import { scalar, tensor } from '../model/tensor'
import type { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'

/**
 * One label per token drawn from the model's own distribution: the first class whose cumulative probability exceeds the
 * uniform number of that token. Classes are searched in two levels, a block of about √V and then a class inside of it,
 * so that the V probabilities of a token are read once instead of summed up one after the other.
 * @param probabilities [B,T,V]
 * @param uniforms [B,T] in [0,1)
 * @returns int64 [B,T]
 */
export function sampledLabels(builder: GraphBuilder, probabilities: Value, uniforms: Value): Value {
  const classes = Number(probabilities.dims.at(-1))
  const size = Math.ceil(Math.sqrt(classes))
  const count = Math.ceil(classes / size)
  const padding = count * size - classes
  const padded =
    padding > 0
      ? builder.op('Pad', [probabilities, builder.shapeConstant([0, 0, 0, 0, 0, padding])])
      : probabilities
  const blocks = builder.reshape(padded, [0, 0, count, size])
  const wanted = builder.unsqueeze(uniforms, [-1])

  const blockSums = builder.reduceSum(blocks, [3])
  const throughBlock = runningSums(builder, blockSums)
  const block = firstAbove(builder, throughBlock, wanted)
  const beforeBlock = builder.sub(valueAt(builder, throughBlock, block), valueAt(builder, blockSums, block))

  const inside = builder.op('GatherND', [blocks, block], { batch_dims: int(2) })
  const offset = firstAbove(builder, runningSums(builder, inside), builder.sub(wanted, beforeBlock))
  const label = builder.add(builder.mul(block, size), offset)
  // Rounding may leave the whole sum below a uniform number close to 1.
  return builder.squeeze(builder.op('Min', [label, builder.constant(scalar('int64', classes - 1))]), [-1])
}

/** Sums of the elements up to each along the last axis, as a product with a triangular matrix. */
function runningSums(builder: GraphBuilder, x: Value): Value {
  const width = Number(x.dims.at(-1))
  const upTo = Array.from({ length: width ** 2 }, (_, i) => (Math.floor(i / width) <= i % width ? 1 : 0))
  return builder.matMul(x, builder.constant(tensor(x.dtype, [width, width], upTo)))
}

/** The first position along the last axis whose ascending sum exceeds `wanted`, the last one where none does. */
function firstAbove(builder: GraphBuilder, ascending: Value, wanted: Value): Value {
  const below = builder.cast(builder.op('LessOrEqual', [ascending, wanted]), ascending.dtype)
  const position = builder.op('Cast', [builder.reduceSum(below, [-1], true)], { to: int(dtypes.int64.onnx) })
  return builder.op('Min', [position, builder.constant(scalar('int64', Number(ascending.dims.at(-1)) - 1))])
}

const valueAt = (builder: GraphBuilder, x: Value, position: Value): Value =>
  builder.op('GatherElements', [x, position], { axis: int(-1) })
