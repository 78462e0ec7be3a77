import { int } from '../../model/attributes'
import { int64s, scalar } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import type { Dim } from '../../model/types'
import { knownNumbers } from '../shapes/known'
import { sliceBounds } from '../shapes/parts'
import type { Value } from '../value'
import { reshapeLike, shapeOf, sumToShapeOf, zeros, zerosLike } from './broadcast'
import { copyingPad } from '../decompositions/padding'
import type { GradientContext, GradientRule } from './context'
import { through } from './decomposed'

const likeInput: GradientRule = ({ builder, x, dy }) => [() => reshapeLike(builder, dy, x)]

const transpose: GradientRule = ({ builder, node, x, dy }) => {
  const perm = node.attributes['perm']
  const order = perm?.kind === 'ints' ? perm.value : x.dims.map((_, i) => x.dims.length - 1 - i)
  return [
    () =>
      builder.transpose(
        dy,
        order.map((_, axis) => order.indexOf(axis)),
      ),
  ]
}

const concat: GradientRule = context => {
  const { builder, inputs, dy } = context
  const axis = context.axis(0)
  const sizes = inputs.map(input => input.dims[axis]!)
  let parts: Value[] | undefined
  const part = (i: number): Value => {
    if (!parts) {
      const known = sizes.every(size => typeof size === 'number')
      const lengths = known
        ? builder.shapeConstant(sizes)
        : builder.concat(
            inputs.map(input => sizeAlong(builder, input, axis)),
            0,
          )
      parts = builder.op('Split', [dy, lengths], { axis: int(axis) }, inputs.length)
    }
    return parts[i]!
  }
  return inputs.map((_, i) => () => part(i))
}

const sizeAlong = (builder: GraphBuilder, value: Value, axis: number): Value =>
  builder.slice(builder.shape(value), axis, axis + 1, 0)

const split: GradientRule = context => {
  const { builder, outputs } = context
  const parts = () => outputs.map((output, i) => context.gradientOf(i) ?? zerosLike(builder, output))
  return [() => builder.concat(parts(), context.axis(0))]
}

const slice: GradientRule = context => {
  const { builder, inputs, x, dy } = context
  const [, starts, ends, axesInput, stepsInput] = inputs
  const axes = axesInput?.known ?? x.dims.map((_, i) => i).slice(0, starts!.known?.length ?? x.dims.length)
  const steps = stepsInput?.known ?? axes.map(() => 1)
  return [
    () => {
      const pads = knownPads(x, starts!, ends!, axes, steps)
      if (pads) return builder.op('Pad', [dy, builder.shapeConstant(pads)])
      return axes.reduce<Value>((gradient, axis, i) => {
        const at = (value: Value): Value => builder.slice(value, i, i + 1, 0)
        const bounds = {
          start: at(starts!),
          end: at(ends!),
          step: builder.constant(int64s([Number(steps[i])])),
        }
        return undoSlice(builder, x, gradient, (Number(axis) + x.dims.length) % x.dims.length, bounds)
      }, dy)
    },
  ]
}

/** The numbers of zeros before and after, where slice and shape are constants and no element is left out between. */
function knownPads(
  x: Value,
  starts: Value,
  ends: Value,
  axes: readonly (number | string)[],
  steps: readonly (number | string)[],
): number[] | undefined {
  const rank = x.dims.length
  const pads = Array.from({ length: 2 * rank }, () => 0)
  for (const [i, given] of axes.entries()) {
    const axis = (Number(given) + rank) % rank
    const [size, start, end] = [x.dims[axis]!, starts.known?.[i], ends.known?.[i]]
    if (typeof start !== 'number' || typeof end !== 'number' || steps[i] !== 1) return undefined
    const cut = cutAway(size, start, end)
    if (!cut) return undefined
    pads[axis] = cut.before
    pads[axis + rank] = cut.after
  }
  return pads
}

/** How many elements a slice leaves out on both sides; of a symbolic axis at most its first or its last one. */
function cutAway(size: Dim, start: number, end: number): { before: number; after: number } | undefined {
  if (typeof size === 'number') {
    const { from, to } = sliceBounds(size, start, end, 1)
    return { before: from, after: size - Math.max(from, to) }
  }
  const after = end >= 2 ** 31 - 1 ? 0 : -end
  return start >= 0 && after >= 0 && start + after <= 1 ? { before: start, after } : undefined
}

/** Writes the gradient of one sliced axis back to the positions that the slice read. */
function undoSlice(
  builder: GraphBuilder,
  x: Value,
  gradient: Value,
  axis: number,
  bounds: { start: Value; end: Value; step: Value },
): Value {
  const length = sizeAlong(builder, x, axis)
  const index = (value: number): Value => builder.constant(scalar('int64', value))
  const all = builder.op('Range', [index(0), builder.squeeze(length, [0]), index(1)])
  const read = builder.op('Slice', [all, bounds.start, bounds.end, builder.shapeConstant([0]), bounds.step])
  const positions = builder.reshape(
    read,
    gradient.dims.map((_, i) => (i === axis ? -1 : 1)),
  )
  const shape = builder.shape(gradient)
  const full = builder.concat(
    [builder.slice(shape, 0, axis, 0), length, builder.slice(shape, axis + 1, gradient.dims.length, 0)],
    0,
  )
  const indices = builder.expand(positions, shape)
  return builder.op('ScatterElements', [zeros(builder, full, x), indices, gradient], { axis: int(axis) })
}

const expand: GradientRule = ({ builder, x, dy }) => [() => sumToShapeOf(builder, dy, x)]

/** Negative counts cut away what was added, and give back zeros for what was cut. */
const pad: GradientRule = (context: GradientContext) => {
  const { builder, inputs, dy } = context
  const mode = context.text('mode', 'constant')
  if (mode !== 'constant') return through(copyingPad)(context)
  const pads = inputs[1]!
  const undo = (): Value => {
    const known = knownNumbers(pads)
    return known ? builder.shapeConstant(known.map(count => -count)) : builder.neg(pads)
  }
  return [
    () => builder.op('Pad', inputs[3] ? [dy, undo(), undefined, inputs[3]] : [dy, undo()]),
    undefined,
    () => {
      throw context.unsupported('Pad through its value')
    },
  ]
}

/** Each axis as (copies, elements), summed over the copies. */
const tile: GradientRule = ({ builder, inputs, x, dy }) => [
  () => {
    const [repeats, shape] = [inputs[1]!, shapeOf(builder, x)]
    const pairs = x.dims.flatMap((_, i) => [repeats, shape].map(list => builder.slice(list, i, i + 1, 0)))
    const parted = builder.op('Reshape', [dy, builder.concat(pairs, 0)])
    return builder.reduceSum(
      parted,
      x.dims.map((_, i) => 2 * i),
    )
  },
]

export const layoutGradients: Record<string, GradientRule> = {
  Reshape: likeInput,
  Flatten: likeInput,
  Squeeze: likeInput,
  Unsqueeze: likeInput,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Pad: pad,
  Tile: tile,
}
