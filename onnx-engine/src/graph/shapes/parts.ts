import type { Dim } from '../../model/types'
import { addDims, floorDivideDims, isStatic, subtractDims } from '../dims'
import type { Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'
import { knownNumbers, pickedKnown } from './known'

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
  return [
    {
      dtype: first.dtype,
      dims: first.dims.map((dim, i) => (i === axis ? size : dim)),
      known: first.dims.length === 1 ? joined(context, values) : undefined,
    },
  ]
}

/** Elements in a row; those of integers that are not known get names, so that a shape keeps what is known of it. */
function joined(context: ShapeContext, values: readonly Value[]): Dim[] | undefined {
  if (values.every(value => value.known)) return values.flatMap(value => value.known!)
  const first = values[0]!
  const lengths = values.map(value => value.dims[0]!)
  if (first.dtype !== 'int64' || !isStatic(lengths) || lengths.length > 8) return undefined
  let at = 0
  return values.flatMap(
    ({ known }, i) => known ?? Array.from({ length: lengths[i]! }, () => context.unknown(at++)),
  )
}

const split: ShapeRule = context => {
  const x = context.input(0)
  const axis = context.axis(context.int('axis', 0), x.dims.length)
  const count = context.node.outputs.length
  const unknown = () => Array.from({ length: count }, (_, i) => context.unknown(i))
  const given = context.optional(1)
  const parts = context.int('num_outputs', count)
  const sizes = given
    ? (given.known ?? unknown())
    : (context.ints('split') ?? evenParts(x.dims[axis]!, parts) ?? unknown())
  const total = sizes.reduce<Dim>((sum, size) => addDims(sum, size), 0)
  if (
    sizes.length !== count ||
    (typeof total === 'number' && typeof x.dims[axis] === 'number' && total !== x.dims[axis])
  )
    throw context.mismatch(`parts ${sizes.join(', ')}`, `${count} parts of ${x.dims[axis]}`)
  let at = 0
  const known = (size: Dim): Dim[] | undefined =>
    x.dims.length === 1 && typeof size === 'number' ? x.known?.slice(at, (at += size)) : undefined
  return sizes.map(size => ({
    dtype: x.dtype,
    dims: x.dims.map((dim, i) => (i === axis ? size : dim)),
    known: known(size),
  }))
}

/** Equal parts, the last one smaller where the size is no multiple; a name must be a multiple to be told. */
function evenParts(size: Dim, count: number): Dim[] | undefined {
  if (typeof size === 'string') {
    const part = floorDivideDims(size, count)
    return String(part).startsWith('floor(') ? undefined : Array.from({ length: count }, () => part)
  }
  const part = Math.ceil(size / count)
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - part * i)))
}

const slice: ShapeRule = context => {
  const x = context.input(0)
  const starts = context.input(1).known
  const ends = context.input(2).known
  const count = context.shapeFrom(context.input(1)).length
  const axes = context.optional(3) ? context.integers('axes', 3)! : Array.from({ length: count }, (_, i) => i)
  const steps = context.optional(4) ? context.integers('steps', 4)! : axes.map(() => 1)
  const dims = [...x.dims]
  axes.forEach((given, i) => {
    const axis = context.axis(given, dims.length)
    dims[axis] = sliceSize(dims[axis]!, starts?.[i], ends?.[i], steps[i]!) ?? context.unknown(axis)
  })
  return [{ dtype: x.dtype, dims, known: slicedKnown(context, axes, steps) }]
}

/** An end from here on means the end of the axis. */
const BEYOND = 2 ** 31 - 1

function sliceSize(size: Dim, start: Dim | undefined, end: Dim | undefined, step: number): Dim | undefined {
  if (start === undefined || end === undefined) return undefined
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const { from, to } = sliceBounds(size, start, end, step)
    return Math.max(0, Math.ceil((to - from) / step))
  }
  if (step < 1) return undefined
  const stop = end === size || (typeof end === 'number' && end >= BEYOND) ? size : end
  // A window of symbolic length into a table of fixed length: the length is taken at its word.
  if (typeof stop === 'string' && start === 0 && step === 1) return stop
  if (typeof start === 'number' && start < 0) return stop === size && step === 1 ? -start : undefined
  // Up to a fixed element of a symbolic axis, which may end before: a single element is taken at its word.
  if (typeof stop === 'number' && stop >= 0)
    return typeof start === 'number' && stop - start === 1
      ? 1
      : typeof size === 'number'
        ? subtractDims(stop, start)
        : undefined
  const last = typeof stop === 'number' && stop < 0 ? addDims(size, stop) : stop
  const length = subtractDims(last, start)
  return step === 1 ? length : addDims(floorDivideDims(subtractDims(length, 1), step), 1)
}

/** First element and the one after the last. Backwards, the end may lie one before the axis. */
export function sliceBounds(
  size: number,
  start: number,
  end: number,
  step: number,
): { from: number; to: number } {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high)
  return step > 0
    ? { from: clamp(start, 0, size), to: clamp(end, 0, size) }
    : { from: clamp(start, 0, size - 1), to: clamp(end, -1, size - 1) }
}

function slicedKnown(
  context: ShapeContext,
  axes: readonly number[],
  steps: readonly number[],
): Dim[] | undefined {
  const x = context.input(0)
  const [starts, ends] = [knownNumbers(context.optional(1)), knownNumbers(context.optional(2))]
  if (!x.known || !isStatic(x.dims) || !starts || !ends) return undefined
  const places = x.dims.map((size, axis) => {
    const at = axes.findIndex(given => context.axis(given, x.dims.length) === axis)
    return at < 0 ? steppedPlaces(0, size, 1) : slicedPlaces(size, starts[at]!, ends[at]!, steps[at]!)
  })
  return pickedKnown(x, places)
}

function slicedPlaces(size: number, start: number, end: number, step: number): number[] {
  const { from, to } = sliceBounds(size, start, end, step)
  return steppedPlaces(from, to, step)
}

const steppedPlaces = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)

export const partShapes: Record<string, ShapeRule> = { Concat: concat, Split: split, Slice: slice }
