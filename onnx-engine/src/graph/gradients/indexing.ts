import { int, string } from '../../model/attributes'
import { zerosLike } from './broadcast'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'
import type { GradientRule, ScatteredGradient } from './context'

/** The dense form of a scattered gradient of `data`. */
export function dense(
  builder: GraphBuilder,
  data: Value,
  { indices, updates, axis }: ScatteredGradient,
): Value {
  return scatterAdd(builder, zerosLike(builder, data), indices, updates, axis)
}

export function scatterAdd(
  builder: GraphBuilder,
  data: Value,
  indices: Value,
  updates: Value,
  axis: number,
): Value {
  return builder.op('ScatterElements', [data, indices, updates], {
    axis: int(axis),
    reduction: string('add'),
  })
}

/** Rows of a table (axis 0) are added whole; along another axis every element gets its index. */
const gather: GradientRule = context => {
  const { builder, inputs, x, dy } = context
  const indices = inputs[1]!
  const axis = context.axis(0)
  if (axis === 0)
    return [
      () =>
        builder.op('ScatterND', [zerosLike(builder, x), rowIndices(builder, indices), dy], {
          reduction: string('add'),
        }),
    ]
  return [
    () => {
      const before = x.dims.map((_, i) => i).slice(0, axis)
      const flat = joinAxes(builder, dy, axis, indices.dims.length)
      const flatIndices = builder.reshape(indices, [
        ...before.map(() => 1),
        -1,
        ...x.dims.slice(axis + 1).map(() => 1),
      ])
      const expanded = builder.expand(flatIndices, builder.shape(flat))
      return scatterAdd(builder, zerosLike(builder, x), expanded, flat, axis)
    },
  ]
}

/** Gather takes int32 tokens, ScatterND int64 only. */
const rowIndices = (builder: GraphBuilder, indices: Value): Value =>
  builder.unsqueeze(builder.cast(indices, 'int64'), [-1])

/** Joins `count` axes from `axis` on into one (none: a new axis of size 1). */
function joinAxes(builder: GraphBuilder, value: Value, axis: number, count: number): Value {
  if (count === 1) return value
  if (count === 0) return builder.unsqueeze(value, [axis])
  const shape = builder.shape(value)
  const after = builder.slice(shape, axis + count, value.dims.length, 0)
  return builder.reshape(
    value,
    builder.concat([builder.slice(shape, 0, axis, 0), builder.shapeConstant([-1]), after], 0),
  )
}

const gatherElements: GradientRule = context => [
  () => ({ indices: context.inputs[1]!, updates: context.dy, axis: context.axis(0) }),
]

const scatterElements: GradientRule = context => {
  const { builder, inputs, dy } = context
  const [, indices, updates] = inputs
  const axis = context.axis(0)
  const reduction = context.text('reduction', 'none')
  if (reduction !== 'none' && reduction !== 'add')
    throw context.unsupported(`ScatterElements with ${reduction}`)
  const kept = (): Value => {
    if (reduction === 'add') return dy
    return builder.op('ScatterElements', [dy, indices, zerosLike(builder, updates!)], { axis: int(axis) })
  }
  return [kept, undefined, () => builder.op('GatherElements', [dy, indices], { axis: int(axis) })]
}

const gatherNd: GradientRule = context => {
  const { builder, inputs, x, dy } = context
  if (context.int('batch_dims', 0) !== 0) throw context.unsupported('GatherND with batch_dims')
  return [() => builder.op('ScatterND', [zerosLike(builder, x), inputs[1], dy], { reduction: string('add') })]
}

const scatterNd: GradientRule = context => {
  const { builder, inputs, dy } = context
  const [, indices, updates] = inputs
  const reduction = context.text('reduction', 'none')
  if (reduction !== 'none' && reduction !== 'add') throw context.unsupported(`ScatterND with ${reduction}`)
  return [
    () => (reduction === 'add' ? dy : builder.op('ScatterND', [dy, indices, zerosLike(builder, updates!)])),
    undefined,
    () => builder.op('GatherND', [dy, indices]),
  ]
}

/** Each of the chosen values goes back to where it was read. */
const topK: GradientRule = context => {
  const updates = context.gradientOf(0)
  if (!updates) return []
  return [() => ({ indices: context.outputs[1]!, updates, axis: context.axis(-1) })]
}

export const indexingGradients: Record<string, GradientRule> = {
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  GatherND: gatherNd,
  ScatterND: scatterNd,
  TopK: topK,
}
