import { OnnxEngineError } from '../../errors'
import type { Inferred, Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'
import { sameType, unary } from './elementwise'

const softmax: ShapeRule = context => {
  const { dims } = context.input(0)
  context.axis(context.int('axis', -1), dims.length)
  return unary(context)
}

/** The normalized input, and statistics with size 1 at the axes that they were taken over. */
function overTrailing(context: ShapeContext, statistics: number): Inferred[] {
  const [x, scale] = [context.input(0), context.input(1)]
  sameType(context, [x, scale])
  const axis = context.axis(context.int('axis', -1), x.dims.length)
  const reduced: Inferred = { dtype: 'float32', dims: x.dims.map((dim, i) => (i < axis ? dim : 1)) }
  return [{ dtype: x.dtype, dims: x.dims }, ...Array.from({ length: statistics }, () => reduced)]
}

const perChannel =
  (...vectors: number[]): ShapeRule =>
  context => {
    const x = context.input(0)
    const channels = x.dims[1]
    if (channels === undefined) throw context.mismatchOf([x], 'a batch axis and a channel axis')
    for (const position of vectors) checkVector(context, context.input(position), channels)
    return unary(context)
  }

function checkVector(context: ShapeContext, vector: Value, channels: number | string): void {
  const [length] = vector.dims
  const differ = typeof length === 'number' && typeof channels === 'number' && length !== channels
  if (vector.dims.length !== 1 || differ)
    throw context.mismatchOf([vector], `one number for each of ${channels} channels`)
}

const batchNormalization: ShapeRule = context => {
  const { node, graph } = context
  if (context.int('training_mode', 0) === 1 || node.outputs.filter(name => name !== '').length > 1)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `BatchNormalization, node "${node.name}" of graph "${graph}"`,
      got: 'its training mode',
      expected: 'inference with fixed statistics (export the model in evaluation mode)',
    })
  return [...perChannel(1, 2, 3, 4)(context), ...node.outputs.slice(1).map(() => unary(context)[0]!)]
}

const groupNormalization: ShapeRule = context => {
  const x = context.input(0)
  const groups = context.int('num_groups', 0)
  if (typeof x.dims[1] !== 'number' || groups < 1 || x.dims[1] % groups !== 0)
    throw context.mismatch(`${x.dims[1]} channels in ${groups} groups`, 'groups of equal size')
  return unary(context)
}

export const normalizationShapes: Record<string, ShapeRule> = {
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: context => overTrailing(context, 2),
  RMSNormalization: context => overTrailing(context, 0),
  SimplifiedLayerNormalization: context => overTrailing(context, 1),
  BatchNormalization: batchNormalization,
  InstanceNormalization: perChannel(1, 2),
  GroupNormalization: groupNormalization,
  LpNormalization: softmax,
}
