import type { Dim } from '../../model/types'
import { addDims, broadcastDims, divideDims, isStatic, multiplyDims } from '../dims'
import type { Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'
import { isKnown, pickedKnown } from './known'
import { resize } from './resize'

const reshape: ShapeRule = context => {
  const [x, shape] = [context.input(0), context.input(1)]
  const zeroIsSize = context.int('allowzero', 0) === 1
  const wanted = context.shapeFrom(shape)
  if (!shape.known) return [{ dtype: x.dtype, dims: wanted }]
  const dims: Dim[] = wanted.map((dim, i) => {
    if (dim !== 0 || zeroIsSize) return dim
    if (x.dims[i] === undefined)
      throw context.mismatch(`0 at axis ${i} of [${wanted.join(',')}]`, 'an axis of the input')
    return x.dims[i]
  })
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
  return [{ dtype: x.dtype, dims: order.map(axis => x.dims[axis]!), known: turnedKnown(x, order) }]
}

/** Exporters turn a table of begins and ends into the order that Pad wants. */
function turnedKnown(x: Value, order: readonly number[]): Dim[] | undefined {
  if (!x.known || !isStatic(x.dims)) return undefined
  const all = x.dims.map(size => Array.from({ length: size }, (_, i) => i))
  return pickedKnown(x, all, order)
}

const squeeze: ShapeRule = context => {
  const x = context.input(0)
  const given = context.integers('axes', 1)?.map(axis => context.axis(axis, x.dims.length))
  // ONNX Runtime takes no axes at all for every axis of size 1.
  const axes = new Set(given?.length ? given : x.dims.flatMap((dim, i) => (dim === 1 ? [i] : [])))
  if ([...axes].some(axis => typeof x.dims[axis] === 'number' && x.dims[axis] !== 1))
    throw context.mismatchOf([x], `size 1 at axes ${[...axes].join(', ')}`)
  return [{ dtype: x.dtype, dims: x.dims.filter((_, i) => !axes.has(i)), known: x.known }]
}

const unsqueeze: ShapeRule = context => {
  const x = context.input(0)
  const given = context.integers('axes', 1) ?? []
  const rank = x.dims.length + given.length
  const axes = new Set(given.map(axis => context.axis(axis, rank)))
  if (axes.size !== given.length) throw context.mismatch(`axes ${given.join(', ')}`, 'different axes')
  const rest = [...x.dims]
  const dims = Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : rest.shift()!))
  return [{ dtype: x.dtype, dims, known: x.known }]
}

const expand: ShapeRule = context => {
  const x = context.input(0)
  const wanted = context.shapeFrom(context.input(1))
  // Sizes that are not known may turn out to be 1, where those of the input stay.
  const dims = broadcastDims(x.dims, wanted)
  if (!dims)
    throw context.mismatch(`[${x.dims.join(',')}]`, `a shape that broadcasts to [${wanted.join(',')}]`)
  const count = multiplyDims(dims)
  const fill =
    x.known?.length === 1 && isKnown(count) ? Array.from({ length: count }, () => x.known![0]!) : undefined
  return [{ dtype: x.dtype, dims, known: count === x.known?.length ? x.known : fill }]
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
  if (axis < 0 || axis > x.dims.length)
    throw context.mismatch(`axis ${given}`, `an axis of ${x.dims.length} dimensions`)
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

const image = (context: ShapeContext): [Value, number] => {
  const x = context.input(0)
  const block = context.int('blocksize', 0)
  if (x.dims.length !== 4 || block < 1)
    throw context.mismatchOf([x], 'four dimensions and a blocksize of 1 or more')
  return [x, block]
}

const depthToSpace: ShapeRule = context => {
  const [x, block] = image(context)
  const channels = divideDims(x.dims[1]!, block ** 2)
  if (typeof channels !== 'number') throw context.mismatchOf([x], `channels in multiples of ${block ** 2}`)
  const spatial = x.dims.slice(2).map(size => multiplyDims([size, block]))
  return [{ dtype: x.dtype, dims: [x.dims[0]!, channels, ...spatial] }]
}

const spaceToDepth: ShapeRule = context => {
  const [x, block] = image(context)
  const channels = x.dims[1]!
  const spatial = x.dims.slice(2).map((size, i) => divideDims(size, block) ?? context.unknown(i))
  if (typeof channels !== 'number') throw context.mismatchOf([x], 'a known number of channels')
  return [{ dtype: x.dtype, dims: [x.dims[0]!, channels * block ** 2, ...spatial] }]
}

export const layoutShapes: Record<string, ShapeRule> = {
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Flatten: flatten,
  Pad: pad,
  Resize: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
}
