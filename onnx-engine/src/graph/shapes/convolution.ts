import type { Dim } from '../../model/types'
import { addDims, multiplyDims } from '../dims'
import type { Value } from '../value'
import { convolutionWindow, poolWindow, positionsOf, reachOf } from '../window'
import type { ShapeContext, ShapeRule } from './context'
import { sameType } from './elementwise'

/** Refuses weights that read other channels than the input has, and a bias of another length than the output. */
function checkChannels(context: ShapeContext, read: Dim | undefined, written: Dim): void {
  const [x, weight, bias] = [context.input(0), context.input(1), context.optional(2)]
  sameType(context, [x, weight])
  if (x.dims.length < 3 || weight.dims.length !== x.dims.length)
    throw context.mismatchOf([x, weight], 'a batch axis, channels and spatial axes in both')
  const channels = x.dims[1]!
  if (typeof channels !== 'number' || read !== channels)
    throw context.mismatchOf([x, weight], `weights for ${channels} channels in ${groups(context)} groups`)
  if (bias && (bias.dims.length !== 1 || (bias.dims[0] !== written && typeof bias.dims[0] === 'number')))
    throw context.mismatchOf([bias], `a bias of length ${written}`)
}

const groups = (context: ShapeContext): number => context.int('group', 1)

const convolution: ShapeRule = context => {
  const [x, weight] = [context.input(0), context.input(1)]
  const [outputs, width] = [weight.dims[0]!, weight.dims[1] ?? 0]
  checkChannels(context, multiplyDims([width, groups(context)]), outputs)
  if (typeof outputs === 'number' && outputs % groups(context) !== 0)
    throw context.mismatch(`${outputs} outputs`, `a multiple of ${groups(context)} groups`)
  const window = convolutionWindow(context.node, context.graph, x, weight)
  return [{ dtype: x.dtype, dims: checkedPositions(context, [x.dims[0]!, outputs], x, window) }]
}

function checkedPositions(
  context: ShapeContext,
  leading: readonly Dim[],
  x: Value,
  window: ReturnType<typeof poolWindow>,
): Dim[] {
  const positions = positionsOf(window, x.dims.slice(2))
  if (positions.some(count => typeof count === 'number' && count < 1))
    throw context.mismatch(
      `kernel [${window.kernel.join(',')}] over [${x.dims.join(',')}]`,
      'a kernel that fits',
    )
  return [...leading, ...positions]
}

/** out = stride·(in - 1) + output_padding + reach - pads, as the ONNX specification has it. */
const transposed: ShapeRule = context => {
  const [x, weight] = [context.input(0), context.input(1)]
  const outputs = multiplyDims([weight.dims[1] ?? 0, groups(context)])
  checkChannels(context, weight.dims[0], outputs)
  const leading = [x.dims[0]!, outputs]
  const wanted = context.ints('output_shape')
  if (wanted) return [{ dtype: x.dtype, dims: [...leading, ...wanted.slice(-(x.dims.length - 2))] }]
  const window = convolutionWindow(context.node, context.graph, x, weight)
  const extra = context.ints('output_padding') ?? window.kernel.map(() => 0)
  const sizes = x.dims.slice(2).map((size, axis) => {
    const fixed = extra[axis]! + reachOf(window, axis) - window.begin[axis]! - window.end[axis]!
    return addDims(multiplyDims([addDims(size, -1), window.strides[axis]!]), fixed)
  })
  return [{ dtype: x.dtype, dims: [...leading, ...sizes] }]
}

const pool: ShapeRule = context => {
  const x = context.input(0)
  if (x.dims.length < 3) throw context.mismatchOf([x], 'a batch axis, channels and spatial axes')
  const dims = checkedPositions(context, x.dims.slice(0, 2), x, poolWindow(context.node, context.graph, x))
  return [
    { dtype: x.dtype, dims },
    { dtype: 'int64', dims },
  ]
}

const globalPool: ShapeRule = context => {
  const x = context.input(0)
  return [{ dtype: x.dtype, dims: x.dims.map((dim, i) => (i < 2 ? dim : 1)) }]
}

export const convolutionShapes: Record<string, ShapeRule> = {
  Conv: convolution,
  ConvTranspose: transposed,
  MaxPool: pool,
  AveragePool: context => pool(context).slice(0, 1),
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
}
