import type { Dim } from '../../model/types'
import type { Value } from '../value'
import type { ShapeRule } from './context'
import { definite } from './known'

const gather: ShapeRule = context => {
  const [data, indices] = [context.input(0), context.input(1)]
  const axis = context.axis(context.int('axis', 0), data.dims.length)
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)]
  return [{ dtype: data.dtype, dims, known: gatheredKnown(data, indices) }]
}

function gatheredKnown(data: Value, indices: Value): Dim[] | undefined {
  if (!data.known || !indices.known || data.dims.length !== 1) return undefined
  return definite(indices.known.map(index => (typeof index === 'number' ? data.known!.at(index) : undefined)))
}

const gatherElements: ShapeRule = context => {
  const [data, indices] = [context.input(0), context.input(1)]
  context.axis(context.int('axis', 0), data.dims.length)
  if (data.dims.length !== indices.dims.length) throw context.mismatchOf([data, indices], 'equal ranks')
  return [{ dtype: data.dtype, dims: indices.dims }]
}

const gatherNd: ShapeRule = context => {
  const [data, indices] = [context.input(0), context.input(1)]
  const batch = context.int('batch_dims', 0)
  const depth = indices.dims.at(-1)
  if (typeof depth !== 'number') throw context.mismatchOf([data, indices], 'an index length that is known')
  return [{ dtype: data.dtype, dims: [...indices.dims.slice(0, -1), ...data.dims.slice(batch + depth)] }]
}

const scatterElements: ShapeRule = context => {
  const [data, indices, updates] = [context.input(0), context.input(1), context.input(2)]
  if (data.dims.length !== indices.dims.length || updates.dims.length !== indices.dims.length)
    throw context.mismatchOf([data, indices, updates], 'equal ranks')
  return [{ dtype: data.dtype, dims: data.dims }]
}

const scatterNd: ShapeRule = context => [{ dtype: context.input(0).dtype, dims: context.input(0).dims }]

const topK: ShapeRule = context => {
  const [x, count] = [context.input(0), context.input(1)]
  const axis = context.axis(context.int('axis', -1), x.dims.length)
  const dims = x.dims.map((dim, i) => (i === axis ? (count.known?.[0] ?? context.unknown(i)) : dim))
  return [
    { dtype: x.dtype, dims },
    { dtype: 'int64', dims },
  ]
}

const nonZero: ShapeRule = context => [
  { dtype: 'int64', dims: [context.input(0).dims.length, context.unknown(1)] },
]

export const indexingShapes: Record<string, ShapeRule> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TopK: topK,
  NonZero: nonZero,
}
