import { int, ints, string } from '../../model/attributes'
import { tensor } from '../../model/tensor'
import type { Attributes } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { transposedWindow } from '../decompositions/convolution'
import { multiplyDims } from '../dims'
import { flattenSpatial, positionRows, unfold, unfoldColumns } from '../unfold'
import type { Value } from '../value'
import type { Window } from '../window'
import { convolutionWindow, positionsAlong, reachOf } from '../window'
import { reshapeLike, shapeOf } from './broadcast'
import type { GradientContext, GradientRule } from './context'

const convolution: GradientRule = context => {
  const { builder, node, inputs, x, dy } = context
  const weight = inputs[1]!
  const window = convolutionWindow(node, builder.name, x, weight)
  const group = context.int('group', 1)
  return [
    () => inputGradient(context, window, group),
    () => weightGradient(builder, x, dy, weight, window, group),
    () => channelSums(builder, dy),
  ]
}

/** Its output is to its input what the input of a Conv is to the output, so both swap their parts. */
const transposed: GradientRule = context => {
  const { builder, node, inputs, x, dy } = context
  const weight = inputs[1]!
  const window = transposedWindow(node, builder.name, x, weight)
  const group = context.int('group', 1)
  return [
    () => builder.op('Conv', [dy, weight], windowAttributes(window, group)),
    () => weightGradient(builder, dy, x, weight, window, group),
    () => channelSums(builder, dy),
  ]
}

const channelSums = (builder: GraphBuilder, dy: Value): Value =>
  builder.reduceSum(dy, [0, ...dy.dims.map((_, i) => i).slice(2)])

const windowAttributes = (window: Window, group: number): Attributes => ({
  kernel_shape: ints(window.kernel),
  strides: ints(window.strides),
  dilations: ints(window.dilations),
  pads: ints([...window.begin, ...window.end]),
  group: int(group),
})

/** ConvTranspose; elements at the end that no window of a larger stride met are made by output_padding. */
function inputGradient({ builder, inputs, x, dy }: GradientContext, window: Window, group: number): Value {
  const unmet = window.strides.map((stride, axis) => {
    const size = x.dims[axis + 2]!
    if (stride === 1) return 0
    if (typeof size !== 'number') return stride - 1
    const positions = Number(positionsAlong(window, axis, size))
    return size + window.begin[axis]! + window.end[axis]! - reachOf(window, axis) - stride * (positions - 1)
  })
  const spread = builder.op('ConvTranspose', [dy, inputs[1]], {
    ...windowAttributes(window, group),
    output_padding: ints(unmet),
  })
  const open = window.strides.flatMap((stride, axis) =>
    stride > 1 && typeof x.dims[axis + 2] !== 'number' ? [axis + 2] : [],
  )
  // Where the size is known only to the running graph, as much as may be needed is made and cut.
  const shape = builder.shape
  return open.reduce((value, axis) => {
    const size = builder.slice(shape(x), axis, axis + 1, 0)
    return builder.op('Slice', [value, builder.shapeConstant([0]), size, builder.shapeConstant([axis])])
  }, spread)
}

/** dy·patchesᵀ of every sample, summed; one product over all where so few positions would leave much to sum. */
function weightGradient(
  builder: GraphBuilder,
  x: Value,
  dy: Value,
  weight: Value,
  window: Window,
  group: number,
): Value {
  const width = Number(multiplyDims(weight.dims.slice(1)))
  const [outputs, positions] = [Number(dy.dims[1]), multiplyDims(dy.dims.slice(2))]
  if (group === 1 && typeof positions === 'number' && positions < outputs) {
    const { kernel, strides, dilations, begin, end } = window
    const [patches] = unfold(builder, x, { kernel, strides, dilations, pads: [...begin, ...end] })
    const [rows] = positionRows(builder, dy)
    const [left, right] = [builder.reshape(rows!, [-1, outputs]), builder.reshape(patches!, [-1, width])]
    return reshapeLike(builder, builder.op('Gemm', [left, right], { transA: int(1) }), weight)
  }
  const { columns } = unfoldColumns(builder, x, window)
  const byGroup = (value: Value, rows: number): Value =>
    group === 1 ? value : builder.reshape(value, [0, group, rows, -1])
  const left = byGroup(flattenSpatial(builder, dy), outputs / group)
  const right = builder.transposeLast(byGroup(columns, width))
  return reshapeLike(builder, builder.reduceSum(builder.matMul(left, right), [0]), weight)
}

/** The element that won gets the gradient of its window; among equal ones the first, as in PyTorch. */
const maxPool: GradientRule = context => {
  const { builder, node, x, dy } = context
  if (context.int('storage_order', 0) === 1) throw context.unsupported('MaxPool with storage_order 1')
  return [
    () => {
      const [, indices] = builder.withOutputs(node, 2)
      const count = builder.reshape(builder.op('Size', [x]), [1])
      const zeros = builder.op('ConstantOfShape', [count], {
        value: { kind: 'tensor', value: tensor(x.dtype, [1], [0]) },
      })
      const flat = builder.op(
        'ScatterElements',
        [zeros, builder.reshape(indices!, [-1]), builder.reshape(dy, [-1])],
        { reduction: string('add') },
      )
      return builder.reshape(flat, shapeOf(builder, x))
    },
  ]
}

export const convolutionGradients: Record<string, GradientRule> = {
  Conv: convolution,
  ConvTranspose: transposed,
  MaxPool: maxPool,
}
