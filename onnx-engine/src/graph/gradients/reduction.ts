import { dtypes } from '../../model/dtypes'
import { int } from '../../model/attributes'
import { scalar } from '../../model/tensor'
import { multiplyDims } from '../dims'
import { reducedAxes } from '../shapes/reduction'
import { ShapeContext } from '../shapes/context'
import type { Value } from '../value'
import { shapeOf } from './broadcast'
import type { GradientContext, GradientRule } from './context'

function axesOf({ builder, node, inputs, x }: GradientContext): number[] {
  return reducedAxes(new ShapeContext(node, inputs, builder.name), x.dims.length)
}

/** Gives a reduced value its removed axes back, with size 1. */
function keepAxes(context: GradientContext, reduced: Value): Value {
  const axes = axesOf(context)
  const removed = context.int('keepdims', 1) === 0 && axes.length > 0
  return removed ? context.builder.unsqueeze(reduced, axes) : reduced
}

const spread = (context: GradientContext): Value =>
  context.builder.expand(keepAxes(context, context.dy), shapeOf(context.builder, context.x))

const mean = (context: GradientContext): Value => {
  const { builder, x, dy } = context
  const count = multiplyDims(axesOf(context).map(axis => x.dims[axis]!))
  if (typeof count === 'number') return builder.mul(spread(context), 1 / count)
  const ratio = builder.div(builder.op('Size', [x]), builder.op('Size', [dy]))
  return builder.div(spread(context), builder.op('Cast', [ratio], { to: int(dtypes[x.dtype].onnx) }))
}

/** Equal extremes share the gradient evenly, as amax and amin of PyTorch do. */
const extreme = (context: GradientContext): Value => {
  const { builder, x, y, dy } = context
  if (axesOf(context).length === 0) return dy
  const chosen = builder.cast(builder.op('Equal', [x, keepAxes(context, y)]), x.dtype)
  const count = builder.reduceSum(chosen, axesOf(context), true)
  return builder.mul(chosen, builder.div(keepAxes(context, dy), count))
}

export const reductionGradients: Record<string, GradientRule> = {
  ReduceSum: context => [() => spread(context)],
  ReduceMean: context => [() => mean(context)],
  ReduceMax: context => [() => extreme(context)],
  ReduceMin: context => [() => extreme(context)],
  ReduceSumSquare: context => [
    () => context.builder.mul(context.builder.mul(context.x, keepAxes(context, context.dy)), 2),
  ],
  // At zero, where it has none, the gradient is zero, as PyTorch has it.
  ReduceL2: context => [
    () => {
      const { builder, x, y, dy } = context
      const zero = builder.constant(scalar(x.dtype, 0))
      const ratio = builder.where(builder.op('Equal', [y, zero]), zero, builder.div(dy, y))
      return builder.mul(x, keepAxes(context, ratio))
    },
  ],
  ReduceL1: context => [
    () => context.builder.mul(context.builder.op('Sign', [context.x]), keepAxes(context, context.dy)),
  ],
  ReduceLogSum: context => [
    () => {
      const { builder, x, y, dy } = context
      const ratio = builder.mul(dy, builder.exp(builder.neg(y)))
      return builder.expand(keepAxes(context, ratio), shapeOf(builder, x))
    },
  ],
  ReduceLogSumExp: context => [
    () => {
      const { builder, x, y, dy } = context
      const share = builder.exp(builder.sub(x, keepAxes(context, y)))
      return builder.mul(share, keepAxes(context, dy))
    },
  ],
}
