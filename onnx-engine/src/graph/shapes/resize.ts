import type { Dim, Node } from '../../model/types'
import { multiplyDims } from '../dims'
import { intsOf } from '../nodeAttributes'
import type { Value } from '../value'
import type { ShapeRule } from './context'
import { knownNumbers } from './known'

/** By axis of the input; undefined where sizes are stated instead, or only the running graph knows. */
export function resizeScales(
  node: Node,
  inputs: readonly (Value | undefined)[],
): readonly number[] | undefined {
  const given = knownNumbers(inputs[2])
  if (!given || given.length === 0) return undefined
  return byAxis(node, inputs[0]!, given, () => 1)
}

/** What is stated of some axes, and what stands for the others. */
function byAxis<T>(node: Node, x: Value, given: readonly T[], otherwise: (axis: number) => T): T[] {
  const rank = x.dims.length
  const axes = intsOf(node, 'axes')?.map(axis => (axis < 0 ? axis + rank : axis)) ?? x.dims.map((_, i) => i)
  return x.dims.map((_, axis) => (axes.includes(axis) ? given[axes.indexOf(axis)]! : otherwise(axis)))
}

export const resize: ShapeRule = context => {
  const x = context.input(0)
  const scales = resizeScales(context.node, context.inputs)
  const sizes = context.optional(3)?.known
  const scaled = (dim: Dim, axis: number): Dim => {
    const scale = scales![axis]!
    if (typeof dim === 'number') return Math.floor(dim * scale)
    return Number.isInteger(scale) ? multiplyDims([dim, scale]) : context.unknown(axis)
  }
  if (scales) return [{ dtype: x.dtype, dims: x.dims.map(scaled) }]
  const dims = sizes
    ? byAxis(context.node, x, sizes, axis => x.dims[axis]!)
    : x.dims.map((_, axis) => context.unknown(axis))
  return [{ dtype: x.dtype, dims }]
}
