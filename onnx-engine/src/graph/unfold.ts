import type { GraphBuilder } from './builder'
import type { Value } from './value'
import type { Window } from './window'

/** Sizes of a convolution's window; entries per spatial axis, `pads` as ONNX has them (all begins, then all ends). */
export interface UnfoldOptions {
  readonly kernel: readonly number[]
  readonly strides?: readonly number[]
  readonly dilations?: readonly number[]
  readonly pads?: readonly number[]
  readonly group?: number
}

/** A number beyond every size: the end of an axis. */
const END = 2 ** 31 - 1

/**
 * The patches that a convolution reads (im2col), in the order of its flattened weights [M, C/g·kernel], so that
 * Σ_positions dy·patchᵀ is the gradient of the weights.
 * @param x [B,C,...spatial] with a known number of channels; B and the spatial sizes may be names
 * @returns for each group [B,P,C/g·kernel], P positions in row-major order
 */
export function unfold(builder: GraphBuilder, x: Value, options: UnfoldOptions): Value[] {
  const { group = 1 } = options
  const { columns } = unfoldColumns(builder, x, windowFrom(options))
  return splitChannels(builder, columns, group).map(part => builder.transpose(part, [0, 2, 1]))
}

/**
 * What a convolution gives (or its gradient) with positions as rows, as `unfold` has them.
 * @param y [B,M,...positions]
 * @returns for each group [B,P,M/g]
 */
export function positionRows(builder: GraphBuilder, y: Value, group = 1): Value[] {
  const flat = flattenSpatial(builder, y)
  return splitChannels(builder, flat, group).map(part => builder.transpose(part, [0, 2, 1]))
}

/** [B,C,...spatial] as [B,C,P]. */
export const flattenSpatial = (builder: GraphBuilder, x: Value): Value =>
  x.dims.length === 3 ? x : builder.reshape(x, [0, 0, -1])

function splitChannels(builder: GraphBuilder, x: Value, group: number): Value[] {
  if (group === 1) return [x]
  const width = Number(x.dims[1]) / group
  return builder.split(
    x,
    Array.from({ length: group }, () => width),
    1,
  )
}

function windowFrom({ kernel, strides, dilations, pads }: UnfoldOptions): Window {
  const rank = kernel.length
  const each = (value: number): number[] => kernel.map(() => value)
  const [begin, end] = [pads?.slice(0, rank) ?? each(0), pads?.slice(rank) ?? each(0)]
  return { kernel, strides: strides ?? each(1), dilations: dilations ?? each(1), begin, end, ceil: false }
}

/**
 * The patches before positions and channels change places, which is what a product with the weights takes.
 * @returns columns [B,C·kernel,P], and `tap` [B,C,...positions], whose shape is that of the positions
 */
export function unfoldColumns(
  builder: GraphBuilder,
  x: Value,
  window: Window,
): { readonly columns: Value; readonly tap: Value } {
  const padded = padSpatial(builder, x, window.begin, window.end)
  const taps = tapsOf(window.kernel).map(tap => sliceTap(builder, padded, tap, window))
  const channels = Number(x.dims[1])
  const stacked =
    taps.length === 1
      ? taps[0]!
      : builder.concat(
          taps.map(tap => builder.unsqueeze(tap, [2])),
          2,
        )
  const columns = builder.reshape(stacked, [0, channels * taps.length, -1])
  return { columns, tap: taps[0]! }
}

/** Zeros around the spatial axes; negative counts cut away. */
export function padSpatial(
  builder: GraphBuilder,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
): Value {
  if ([...begin, ...end].every(count => count === 0)) return x
  return builder.op('Pad', [x, builder.shapeConstant([0, 0, ...begin, 0, 0, ...end])])
}

/** All positions inside of a kernel, in row-major order. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, size) => taps.flatMap(tap => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  )
}

/** Every element of the padded input that one tap of the kernel meets, without knowing the size of the input. */
function sliceTap(builder: GraphBuilder, x: Value, tap: readonly number[], window: Window): Value {
  const { kernel, strides, dilations } = window
  const starts = tap.map((at, axis) => at * dilations[axis]!)
  const ends = tap.map((at, axis) => (at + 1 - kernel[axis]!) * dilations[axis]! || END)
  if (starts.every(start => start === 0) && ends.every(end => end === END) && strides.every(s => s === 1))
    return x
  const axes = tap.map((_, axis) => axis + 2)
  return builder.op('Slice', [x, ...[starts, ends, axes, strides].map(list => builder.shapeConstant(list))])
}
