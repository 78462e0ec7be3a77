import type { ShapeContext, ShapeRule } from './context'

/** The axes of a reduction from the front, ascending; all of them where none are named (unless that means none). */
export function reducedAxes(context: ShapeContext, rank: number): number[] {
  const axes = context.integers('axes', 1)
  if (axes && axes.length > 0) return axes.map(axis => context.axis(axis, rank)).sort((a, b) => a - b)
  return context.int('noop_with_empty_axes', 0) ? [] : Array.from({ length: rank }, (_, i) => i)
}

const reduce: ShapeRule = context => {
  const x = context.input(0)
  // Axes that are computed (how a gradient undoes a broadcast of unknown sizes) leave sizes that are not known.
  if (context.optional(1) && !context.input(1).known)
    return [{ dtype: x.dtype, dims: x.dims.map((_, i) => context.unknown(i)) }]
  const axes = new Set(reducedAxes(context, x.dims.length))
  const keep = context.int('keepdims', 1) === 1
  const dims = x.dims.flatMap((dim, i) => (axes.has(i) ? (keep ? [1] : []) : [dim]))
  return [{ dtype: x.dtype, dims }]
}

const argument: ShapeRule = context => {
  const { dims } = context.input(0)
  const axis = context.axis(context.int('axis', 0), dims.length)
  const keep = context.int('keepdims', 1) === 1
  return [{ dtype: 'int64', dims: dims.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim])) }]
}

export const reductionShapes: Record<string, ShapeRule> = {
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ReduceSumSquare: reduce,
  ArgMax: argument,
  ArgMin: argument,
}
