import type { Dim } from '../../model/types'
import { addDims, broadcastDims, divideDims, isStatic, multiplyDims, subtractDims } from '../dims'
import type { Inferred, Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'

/** The length of a one-dimensional shape input, which decides the rank of a result. */
function rankFrom(context: ShapeContext, shape: Value): number {
  const length = shape.dims[0]
  if (shape.dims.length !== 1 || typeof length !== 'number')
    throw context.mismatchOf([shape], 'a shape of known rank')
  return length
}

const reshape: ShapeRule = context => {
  const [x, shape] = [context.input(0), context.input(1)]
  const rank = rankFrom(context, shape)
  if (!shape.known)
    return [{ dtype: x.dtype, dims: Array.from({ length: rank }, (_, i) => context.unknown(i)) }]
  const dims: Dim[] = shape.known.map((dim, i) => (dim === 0 ? (x.dims[i] ?? 0) : dim))
  const total = multiplyDims(x.dims)
  const free = dims.indexOf(-1)
  if (free >= 0) {
    const others = multiplyDims(dims.filter((_, i) => i !== free))
    const quotient = divideDims(total, others)
    if (quotient === undefined && typeof total === 'number' && typeof others === 'number')
      throw context.mismatch(`${total} elements`, `a multiple of ${others}`)
    dims[free] = quotient ?? context.unknown(free)
  } else if (isStatic(x.dims) && isStatic(dims) && total !== multiplyDims(dims))
    throw context.mismatch(`${total} elements`, `${multiplyDims(dims)} for [${dims.join(',')}]`)
  return [{ dtype: x.dtype, dims, known: x.known }]
}

const transpose: ShapeRule = context => {
  const x = context.input(0)
  const rank = x.dims.length
  const order = context.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const valid = order.length === rank && new Set(order).size === rank && order.every(i => i >= 0 && i < rank)
  if (!valid) throw context.mismatch(`permutation [${order.join(',')}]`, `an order of ${rank} axes`)
  return [{ dtype: x.dtype, dims: order.map(axis => x.dims[axis]!) }]
}

const squeeze: ShapeRule = context => {
  const x = context.input(0)
  const given = context.integers('axes', 1)?.map(axis => context.axis(axis, x.dims.length))
  const axes = new Set(given ?? x.dims.flatMap((dim, i) => (dim === 1 ? [i] : [])))
  if ([...axes].some(axis => typeof x.dims[axis] === 'number' && x.dims[axis] !== 1))
    throw context.mismatchOf([x], `size 1 at axes ${[...axes].join(', ')}`)
  return [{ dtype: x.dtype, dims: x.dims.filter((_, i) => !axes.has(i)), known: x.known }]
}

const unsqueeze: ShapeRule = context => {
  const x = context.input(0)
  const given = context.integers('axes', 1) ?? []
  const rank = x.dims.length + given.length
  const axes = new Set(given.map(axis => context.axis(axis, rank)))
  const rest = [...x.dims]
  const dims = Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : rest.shift()!))
  return [{ dtype: x.dtype, dims, known: x.known }]
}

const expand: ShapeRule = context => {
  const [x, shape] = [context.input(0), context.input(1)]
  const rank = Math.max(rankFrom(context, shape), x.dims.length)
  if (!shape.known)
    return [{ dtype: x.dtype, dims: Array.from({ length: rank }, (_, i) => context.unknown(i)) }]
  const dims = broadcastDims(x.dims, shape.known)
  if (!dims)
    throw context.mismatch(`[${x.dims.join(',')}]`, `a shape that broadcasts to [${shape.known.join(',')}]`)
  return [
    { dtype: x.dtype, dims, known: x.known && multiplyDims(dims) === x.known.length ? x.known : undefined },
  ]
}

const concat: ShapeRule = context => {
  const values = context.inputs.map((_, i) => context.input(i))
  const first = values[0]!
  const axis = context.axis(context.int('axis', 0), first.dims.length)
  const alike = values.every(
    value =>
      value.dtype === first.dtype &&
      value.dims.length === first.dims.length &&
      value.dims.every((dim, i) => i === axis || !(isStatic([dim, first.dims[i]!]) && dim !== first.dims[i])),
  )
  if (!alike) throw context.mismatchOf(values, `one data type and equal sizes beside axis ${axis}`)
  const size = values.map(value => value.dims[axis]!).reduce(addDims)
  const known = values.every(value => value.known) && first.dims.length === 1
  return [
    {
      dtype: first.dtype,
      dims: first.dims.map((dim, i) => (i === axis ? size : dim)),
      known: known ? values.flatMap(value => value.known!) : undefined,
    },
  ]
}

const split: ShapeRule = context => {
  const x = context.input(0)
  const axis = context.axis(context.int('axis', 0), x.dims.length)
  const count = context.node.outputs.length
  const unknown = () => Array.from({ length: count }, (_, i) => context.unknown(i))
  const given = context.optional(1)
  const sizes = given
    ? (given.known ?? unknown())
    : (context.ints('split') ?? evenParts(x.dims[axis]!, count) ?? unknown())
  const total = sizes.reduce<Dim>((sum, size) => addDims(sum, size), 0)
  if (
    sizes.length !== count ||
    (typeof total === 'number' && typeof x.dims[axis] === 'number' && total !== x.dims[axis])
  )
    throw context.mismatch(`parts ${sizes.join(', ')}`, `${count} parts of ${x.dims[axis]}`)
  return sizes.map(size => ({ dtype: x.dtype, dims: x.dims.map((dim, i) => (i === axis ? size : dim)) }))
}

function evenParts(size: Dim, count: number): Dim[] | undefined {
  if (typeof size === 'string') return undefined
  const part = Math.ceil(size / count)
  return Array.from({ length: count }, (_, i) => Math.min(part, size - part * i))
}

const slice: ShapeRule = context => {
  const x = context.input(0)
  const starts = context.input(1).known
  const ends = context.input(2).known
  const axesInput = context.optional(3)
  const axes = axesInput
    ? context.integers('axes', 3)!
    : Array.from({ length: rankFrom(context, context.input(1)) }, (_, i) => i)
  const steps = context.optional(4) ? context.integers('steps', 4)! : axes.map(() => 1)
  const dims = [...x.dims]
  axes.forEach((given, i) => {
    const axis = context.axis(given, dims.length)
    dims[axis] = sliceSize(dims[axis]!, starts?.[i], ends?.[i], steps[i]!) ?? context.unknown(axis)
  })
  return [{ dtype: x.dtype, dims, known: slicedKnown(x, starts, ends, steps) }]
}

function sliceSize(size: Dim, start: Dim | undefined, end: Dim | undefined, step: number): Dim | undefined {
  if (start === undefined || end === undefined) return undefined
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const clamp = (value: number, low: number, high: number): number =>
      Math.min(Math.max(value < 0 ? value + size : value, low), high)
    // Backwards, the first element read is inside of the axis and the end may lie one before it.
    const [from, to] =
      step > 0
        ? [clamp(start, 0, size), clamp(end, 0, size)]
        : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)]
    return Math.max(0, Math.ceil((to - from) / step))
  }
  if (step !== 1) return undefined
  const stop = end === size || (typeof end === 'number' && end > 2 ** 31) ? size : end
  // A window of symbolic length into a table of fixed length: the length is taken at its word.
  if (typeof stop === 'string' && start === 0) return stop
  if (typeof start === 'number' && start < 0) return stop === size ? -start : undefined
  return typeof stop === 'number' && stop < 0 ? undefined : subtractDims(stop, start)
}

function slicedKnown(
  x: Value,
  starts: readonly Dim[] | undefined,
  ends: readonly Dim[] | undefined,
  steps: readonly number[],
): Dim[] | undefined {
  const [start, end] = [starts?.[0], ends?.[0]]
  if (!x.known || x.dims.length !== 1 || steps[0] !== 1) return undefined
  return typeof start === 'number' && typeof end === 'number' ? x.known.slice(start, end) : undefined
}

const shape: ShapeRule = context => {
  const { dims } = context.input(0)
  const end = context.int('end', dims.length)
  const known = dims.slice(context.int('start', 0), end)
  return [{ dtype: 'int64', dims: [known.length], known }]
}

const constantOfShape: ShapeRule = context => {
  const size = context.input(0)
  const dtype = context.tensor('value')?.dtype ?? 'float32'
  const rank = rankFrom(context, size)
  const value = context.tensor('value')
  const dims = size.known ?? Array.from({ length: rank }, (_, i) => context.unknown(i))
  const fill = value && value.dtype === 'int64' ? Number(value.data[0]!) : undefined
  const known = fill !== undefined && dims.length === 1 && typeof dims[0] === 'number' && dims[0] <= 64
  return [{ dtype, dims, known: known ? Array.from({ length: dims[0] as number }, () => fill!) : undefined }]
}

const range: ShapeRule = context => {
  const [start, limit, delta] = [context.input(0), context.input(1), context.input(2)]
  const known = [start, limit, delta].map(value => value.known?.[0])
  const [from, to, step] = known
  const size =
    from === undefined || to === undefined || step !== 1 ? context.unknown(0) : subtractDims(to, from)
  return [{ dtype: start.dtype, dims: [size] }]
}

const tile: ShapeRule = context => {
  const [x, repeats] = [context.input(0), context.input(1).known]
  const dims = x.dims.map((dim, i) =>
    repeats?.[i] === undefined ? context.unknown(i) : multiplyDims([dim, repeats[i]!]),
  )
  return [{ dtype: x.dtype, dims }]
}

const flatten: ShapeRule = context => {
  const x = context.input(0)
  const given = context.int('axis', 1)
  const axis = given < 0 ? given + x.dims.length : given
  return [{ dtype: x.dtype, dims: [multiplyDims(x.dims.slice(0, axis)), multiplyDims(x.dims.slice(axis))] }]
}

const pad: ShapeRule = context => {
  const x = context.input(0)
  const pads = context.input(1).known
  const axes =
    context.integers('axes', 3)?.map(axis => context.axis(axis, x.dims.length)) ?? x.dims.map((_, i) => i)
  const dims = x.dims.map((dim, axis) => {
    const at = axes.indexOf(axis)
    if (at < 0) return dim
    return pads ? addDims(addDims(dim, pads[at]!), pads[at + axes.length]!) : context.unknown(axis)
  })
  return [{ dtype: x.dtype, dims }]
}

const nonZero: ShapeRule = context => [
  { dtype: 'int64', dims: [context.input(0).dims.length, context.unknown(1)] },
]

export const layoutShapes: Record<string, ShapeRule> = {
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Concat: concat,
  Split: split,
  Slice: slice,
  Shape: shape,
  ConstantOfShape: constantOfShape,
  Range: range,
  Tile: tile,
  Flatten: flatten,
  Pad: pad,
  NonZero: nonZero,
  Size: context => [
    { dtype: 'int64', dims: [], known: [multiplyDims(context.input(0).dims)] } satisfies Inferred,
  ],
}
