import { int } from '../../model/attributes'
import { scalar, tensor } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import { isStatic, sameDims } from '../dims'
import type { Value } from '../value'

/** A zero of the shape of `like`. */
export function zerosLike(builder: GraphBuilder, like: Value): Value {
  return zeros(builder, shapeOf(builder, like), like)
}

export function zeros(builder: GraphBuilder, shape: Value, like: Value): Value {
  return builder.op('ConstantOfShape', [shape], {
    value: { kind: 'tensor', value: tensor(like.dtype, [1], [0]) },
  })
}

/** The shape of a value: a constant where all sizes are known. */
export function shapeOf(builder: GraphBuilder, value: Value): Value {
  return isStatic(value.dims) ? builder.shapeConstant(value.dims) : builder.shape(value)
}

/** Gives `x` the shape of `like`, by a constant shape where at most one size is unknown. */
export function reshapeLike(builder: GraphBuilder, x: Value, like: Value): Value {
  if (sameDims(x.dims, like.dims)) return x
  const shape = like.dims.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.dims[i] ? 0 : -1))
  const constant = shape.filter(dim => dim === -1).length <= 1 && !like.dims.includes(0)
  // A size of zero means zero here, not the size of x.
  return constant
    ? builder.reshape(x, shape)
    : builder.op('Reshape', [x, builder.shape(like)], { allowzero: int(1) })
}

/** The gradient of broadcasting `target` to the shape of `gradient`: the sum over the axes that were repeated. */
export function sumToShapeOf(builder: GraphBuilder, gradient: Value, target: Value): Value {
  if (sameDims(gradient.dims, target.dims)) return gradient
  const lead = gradient.dims.length - target.dims.length
  const leading = Array.from({ length: lead }, (_, i) => i)
  const repeated = target.dims.flatMap((dim, i) =>
    dim === 1 && gradient.dims[i + lead] !== 1 ? [i + lead] : [],
  )
  const undecided = target.dims.some((dim, i) => typeof dim === 'string' && dim !== gradient.dims[i + lead])
  if (undecided)
    return sumWhereOne(builder, lead > 0 ? builder.reduceSum(gradient, leading) : gradient, target)
  if (repeated.length === 0) return lead > 0 ? builder.reduceSum(gradient, leading) : gradient
  const summed = builder.reduceSum(gradient, [...leading, ...repeated], true)
  return lead > 0 ? builder.squeeze(summed, leading) : summed
}

/** The same where only the running graph knows which sizes are 1: the axes are computed. */
function sumWhereOne(builder: GraphBuilder, gradient: Value, target: Value): Value {
  const shape = builder.shape(target)
  const ones = builder.op('Equal', [shape, builder.constant(scalar('int64', 1))])
  const axes = builder.reshape(builder.op('NonZero', [ones]), [-1])
  const summed = builder.op('ReduceSum', [gradient, axes], { keepdims: int(1), noop_with_empty_axes: int(1) })
  return builder.reshape(summed, shape)
}
