import type { Dim } from '../../model/types'
import { multiplyDims } from '../dims'
import type { Inferred, Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'

/** The axes of a reduction from the front, ascending; all of them where none are named (unless that means none). */
export function reducedAxes(context: ShapeContext, rank: number): number[] {
  const axes = context.integers('axes', 1)
  if (axes && axes.length > 0) return axes.map(axis => context.axis(axis, rank)).sort((a, b) => a - b)
  return context.int('noop_with_empty_axes', 0) ? [] : Array.from({ length: rank }, (_, i) => i)
}

function unknownReduction(context: ShapeContext, x: Value): Inferred {
  const count = context.input(1).dims[0]
  const keep = context.int('keepdims', 1) === 1
  if (!keep && typeof count !== 'number') throw context.mismatch('axes of unknown number', 'constant axes')
  const rank = keep ? x.dims.length : x.dims.length - Number(count)
  return { dtype: x.dtype, dims: Array.from({ length: rank }, (_, i) => context.unknown(i)) }
}

const reduce: ShapeRule = context => {
  const x = context.input(0)
  // Axes that are computed (how a gradient undoes a broadcast of unknown sizes) leave sizes that are not known.
  if (context.optional(1) && !context.input(1).known) return [unknownReduction(context, x)]
  const axes = new Set(reducedAxes(context, x.dims.length))
  const keep = context.int('keepdims', 1) === 1
  const dims = x.dims.flatMap((dim, i) => (axes.has(i) ? (keep ? [1] : []) : [dim]))
  return [{ dtype: x.dtype, dims, known: reducedKnown(context, x) }]
}

/** The number of elements is written as ReduceProd of a shape. */
function reducedKnown({ node }: ShapeContext, x: Value): readonly Dim[] | undefined {
  if (node.opType !== 'ReduceProd' || x.dims.length !== 1 || !x.known) return undefined
  return [multiplyDims(x.known)]
}

const argument: ShapeRule = context => {
  const { dims } = context.input(0)
  const axis = context.axis(context.int('axis', 0), dims.length)
  const keep = context.int('keepdims', 1) === 1
  return [{ dtype: 'int64', dims: dims.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim])) }]
}

export const reductionShapes: Record<string, ShapeRule> = {
  ...Object.fromEntries(
    [...['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp']].map(kind => [
      `Reduce${kind}`,
      reduce,
    ]),
  ),
  ArgMax: argument,
  ArgMin: argument,
}
