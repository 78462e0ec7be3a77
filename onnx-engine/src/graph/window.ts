import { OnnxEngineError } from '../errors'
import type { Dim, Node } from '../model/types'
import { addDims, floorDivideDims, subtractDims } from './dims'
import { intOf, intsOf, textOf } from './nodeAttributes'
import type { Value } from './value'

/** How a kernel walks over the spatial axes of [B,C,...spatial]: one entry per spatial axis. */
export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Zeros before and after; `pads` of ONNX is both in a row. */
  readonly begin: readonly number[]
  readonly end: readonly number[]
  /** Whether a last window that is not full counts too (ceil_mode of the pools). */
  readonly ceil: boolean
}

/** The window of a Conv from its weights [M,C/g,...kernel]. */
export const convolutionWindow = (node: Node, graph: string, x: Value, weight: Value): Window =>
  windowOf(node, graph, weight.dims.slice(2), x.dims.slice(2))

/** The window of a pool, which names its kernel in an attribute. */
export const poolWindow = (node: Node, graph: string, x: Value): Window =>
  windowOf(node, graph, intsOf(node, 'kernel_shape') ?? [], x.dims.slice(2))

/**
 * @throws OnnxEngineError INCOMPATIBLE_SHAPES where the kernel has another rank than the input or an unknown size, or
 * where auto_pad depends on a size that only the running graph knows
 */
export function windowOf(
  node: Node,
  graph: string,
  kernelDims: readonly Dim[],
  spatial: readonly Dim[],
): Window {
  const fail = (got: string, expected: string): OnnxEngineError =>
    new OnnxEngineError('INCOMPATIBLE_SHAPES', {
      operator: node.opType,
      node: node.name,
      graph,
      got,
      expected,
    })
  const kernel = kernelDims.filter((size): size is number => typeof size === 'number')
  if (kernel.length !== spatial.length || kernel.length !== kernelDims.length)
    throw fail(`kernel [${kernelDims.join(',')}]`, `known sizes for ${spatial.length} spatial axes`)
  const ones = kernel.map(() => 1)
  const strides = intsOf(node, 'strides') ?? ones
  const dilations = intsOf(node, 'dilations') ?? ones
  const given = intsOf(node, 'pads') ?? [...ones, ...ones].map(() => 0)
  const open = { kernel, strides, dilations, ceil: intOf(node, 'ceil_mode') === 1 }
  if ([strides, dilations].some(list => list.length !== kernel.length) || given.length !== 2 * kernel.length)
    throw fail('strides, dilations or pads of another length', `entries for ${kernel.length} spatial axes`)
  const auto = textOf(node, 'auto_pad') ?? 'NOTSET'
  if (auto === 'VALID') return { ...open, begin: ones.map(() => 0), end: ones.map(() => 0) }
  if (auto === 'NOTSET')
    return { ...open, begin: given.slice(0, kernel.length), end: given.slice(kernel.length) }
  const totals = kernel.map((size, axis) => {
    const reach = (size - 1) * dilations[axis]! + 1
    const [length, stride] = [spatial[axis]!, strides[axis]!]
    if (stride === 1) return reach - 1
    if (typeof length !== 'number') throw fail(`auto_pad ${auto} over the size ${length}`, 'explicit pads')
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length)
  })
  const small = totals.map(total => Math.floor(total / 2))
  const large = totals.map((total, axis) => total - small[axis]!)
  return auto === 'SAME_LOWER' ? { ...open, begin: large, end: small } : { ...open, begin: small, end: large }
}

/** How far the taps of the kernel reach along an axis. */
export const reachOf = ({ kernel, dilations }: Window, axis: number): number =>
  (kernel[axis]! - 1) * dilations[axis]! + 1

/** The number of positions of the window along one spatial axis of a given size. */
export function positionsAlong(window: Window, axis: number, size: Dim): Dim {
  const stride = window.strides[axis]!
  const pads = window.begin[axis]! + window.end[axis]!
  const room = subtractDims(addDims(size, pads), reachOf(window, axis))
  if (!window.ceil || stride === 1) return addDims(floorDivideDims(room, stride), 1)
  const count = addDims(floorDivideDims(addDims(room, stride - 1), stride), 1)
  if (typeof count !== 'number' || typeof size !== 'number') return count
  // A window that would start in the padding after the end does not count.
  return (count - 1) * stride >= size + window.begin[axis]! ? count - 1 : count
}

export const positionsOf = (window: Window, spatial: readonly Dim[]): Dim[] =>
  spatial.map((size, axis) => positionsAlong(window, axis, size))
