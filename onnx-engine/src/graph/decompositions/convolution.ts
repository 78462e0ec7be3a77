import type { Dim, Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { isStatic } from '../dims'
import { intOf, intsOf, textOf } from '../nodeAttributes'
import { padSpatial, unfoldColumns } from '../unfold'
import type { Value } from '../value'
import type { Window } from '../window'
import { convolutionWindow, reachOf } from '../window'
import { withoutGradient, type Decomposition } from './decomposition'

/** The product of the unfolded input and the weights, per group. */
const convolution: Decomposition = (builder, node, [x, weight, bias]) => {
  const window = convolutionWindow(node, builder.name, x!, weight!)
  const y = convolve(builder, x!, weight!, window, intOf(node, 'group') ?? 1)
  return [addBias(builder, y, bias)]
}

function convolve(builder: GraphBuilder, x: Value, weight: Value, window: Window, group: number): Value {
  const { columns, tap } = unfoldColumns(builder, x, window)
  const [outputs, taps] = [Number(weight.dims[0]), window.kernel.reduce((a, b) => a * b, 1)]
  const width = Number(weight.dims[1]) * taps
  const product =
    group === 1
      ? builder.matMul(builder.reshape(weight, [outputs, width]), columns)
      : builder.reshape(
          builder.matMul(
            builder.reshape(weight, [group, outputs / group, width]),
            builder.reshape(columns, [0, group, width, -1]),
          ),
          [0, outputs, -1],
        )
  return toPositions(builder, product, [tap.dims[0]!, outputs, ...tap.dims.slice(2)], tap)
}

/** [B,M,P] in the spatial shape of `like`, which has other channels. */
export function toPositions(builder: GraphBuilder, x: Value, dims: readonly Dim[], like: Value): Value {
  const spatial = dims.slice(2)
  if (spatial.length === 1) return x
  if (isStatic(spatial)) return builder.reshape(x, [0, 0, ...spatial])
  const sizes = builder.slice(builder.shape(like), 2, dims.length, 0)
  return builder.op('Reshape', [x, builder.concat([builder.shapeConstant([0, 0]), sizes], 0)])
}

const addBias = (builder: GraphBuilder, y: Value, bias: Value | undefined): Value =>
  bias ? builder.add(y, builder.reshape(bias, [-1, ...y.dims.slice(2).map(() => 1)])) : y

/** A convolution of the input with zeros between its elements, by the weights turned around. */
const transposed: Decomposition = (builder, node, [x, weight, bias]) => {
  const window = transposedWindow(node, builder.name, x!, weight!)
  const group = intOf(node, 'group') ?? 1
  const extra = intsOf(node, 'output_padding') ?? window.kernel.map(() => 0)
  const reach = window.kernel.map((_, axis) => reachOf(window, axis) - 1)
  const begin = reach.map((size, axis) => size - window.begin[axis]!)
  const end = reach.map((size, axis) => size - window.end[axis]! + extra[axis]!)
  const spaced = padSpatial(builder, spread(builder, x!, window.strides), begin, end)
  const none = window.kernel.map(() => 0)
  const plain = { ...window, strides: window.kernel.map(() => 1), begin: none, end: none }
  const y = convolve(builder, spaced, turned(builder, weight!, group), plain, group)
  return [addBias(builder, y, bias)]
}

/** @throws OnnxEngineError UNSUPPORTED_OPERATOR where the output's size is stated instead of the pads */
export function transposedWindow(node: Node, graph: string, x: Value, weight: Value): Window {
  const auto = (textOf(node, 'auto_pad') ?? 'NOTSET') !== 'NOTSET'
  if (!auto && !intsOf(node, 'output_shape')) return convolutionWindow(node, graph, x, weight)
  throw withoutGradient('ConvTranspose with auto_pad or output_shape', node, graph)
}

/** [C,M/g,...kernel] as [M,C/g,...kernel], the kernel reversed. */
function turned(builder: GraphBuilder, weight: Value, group: number): Value {
  const [inputs, width, ...kernel] = weight.dims.map(Number)
  const axes = kernel.map((_, i) => i + 3)
  const grouped = builder.reshape(weight, [group, inputs! / group, width!, ...kernel])
  const swapped = builder.transpose(grouped, [0, 2, 1, ...axes])
  const flat = builder.reshape(swapped, [group * width!, inputs! / group, ...kernel])
  const each = (value: number): Value => builder.shapeConstant(kernel.map(() => value))
  const spatial = builder.shapeConstant(kernel.map((_, i) => i + 2))
  return builder.op('Slice', [flat, each(-1), each(-(2 ** 31)), spatial, each(-1)])
}

/** stride - 1 zeros between neighbours of each spatial axis. */
function spread(builder: GraphBuilder, x: Value, strides: readonly number[]): Value {
  return strides.reduce((value, stride, i) => {
    if (stride === 1) return value
    const [axis, rank] = [i + 2, value.dims.length]
    const before = Array.from({ length: rank + 1 }, () => 0)
    const after = before.map((_, at) => (at === axis + 1 ? stride - 1 : 0))
    const padded = builder.op('Pad', [
      builder.unsqueeze(value, [axis + 1]),
      builder.shapeConstant([...before, ...after]),
    ])
    const shape = builder.shape(value)
    const longer = builder.concat(
      [
        builder.slice(shape, 0, axis, 0),
        builder.mul(builder.slice(shape, axis, axis + 1, 0), builder.shapeConstant([stride])),
        builder.slice(shape, axis + 1, rank, 0),
      ].filter(part => part.dims[0] !== 0),
      0,
    )
    const joined = builder.reshape(padded, longer)
    return builder.slice(joined, 0, 1 - stride, axis)
  }, x)
}

export const convolutionDecompositions: Readonly<Record<string, Decomposition>> = {
  Conv: convolution,
  ConvTranspose: transposed,
}
