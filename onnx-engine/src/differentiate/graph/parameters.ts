import type { GraphBuilder } from '../../graph/builder'
import { isFloat } from '../../model/dtypes'
import type { Node, Tensor } from '../../model/types'
import { isFolded } from './folded'
import { isOpaque } from './names'

/** Where an operator takes what is learnt. */
const positions: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  Gemm: [0, 1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gather: [0],
  LayerNormalization: [1, 2],
  SimplifiedLayerNormalization: [1],
  RMSNormalization: [1],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  BatchNormalization: [1, 2],
  PRelu: [1],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
}
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean', 'Einsum', 'Concat'])
const followed = new Set([
  'Identity',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Expand',
  'Slice',
  'Split',
  'Cast',
])
/** What a parameter may go through before it is used, where its author named it: a temperature's Exp, a gate's Sigmoid. */
const computed = new Set([
  ...['Exp', 'Log', 'Sqrt', 'Neg', 'Abs', 'Reciprocal', 'Pow', 'Clip', 'Relu', 'Sigmoid', 'Tanh', 'Softplus'],
  ...['Erf', 'Gelu', 'Elu', 'LeakyRelu', 'Softmax', 'LogSoftmax', 'Where', 'Trilu', 'Pad', 'Tile', 'CumSum'],
  ...['ReduceL1', 'ReduceL2', 'ReduceSum', 'ReduceSumSquare', 'ReduceMean', 'ReduceMax', 'ReduceMin'],
])
/** Buffers that exporters keep by name: statistics, masks, rotary frequencies. */
const buffer = /(^|[._/])(running_(mean|var)|num_batches_tracked|inv_freq|[a-z_]*mask(ed_bias)?)$/i
const MASKED = 1e6

/**
 * The initializers of a model that training changes, in the order of the file: floats that, followed through layout
 * operators, are a weight or bias of MatMul, Gemm, Conv, an embedding (data of Gather), a normalisation's scale or
 * shift, weights of a recurrent cell; or an operand of Add, Sub, Mul, Div, Max, Min, Einsum, Concat under a name that
 * its author gave (`pos`, `ln.weight`, not `onnx::Mul_12`), directly or through a function (the Exp of a temperature).
 * Of the initializers that an exporter named: a vector added right after a MatMul, the scale of an RMSNorm, scale and
 * shift of a GroupNorm, and rows of a position table added to those of a token table, which constant folding leaves of
 * learnt positions.
 * Not those that only such exporters' constants are: masks (an entry beyond ±1e6), and buffers by their usual names.
 */
export function findParameters(builder: GraphBuilder, reached: ReadonlySet<string>): string[] {
  const consumers = consumersOf(builder)
  const isParameter = (name: string, value: Tensor): boolean =>
    isFloat(value.dtype) &&
    !(value.dims.length === 0 && (isOpaque(name) || /^scalar/.test(name))) &&
    !buffer.test(name) &&
    !isMask(value) &&
    isLearnt(builder, consumers, reached, name, isOpaque(name))
  return [...builder.initializers].filter(([name, value]) => isParameter(name, value)).map(([name]) => name)
}

/**
 * Initializers of numbers that differ, which an output is computed from and that were not found to be learnt: tables of
 * sines, or parameters that an exporter folded into something else.
 */
export function constantsAmong(
  { initializers }: GraphBuilder,
  reached: ReadonlySet<string>,
  parameters: readonly string[],
): string[] {
  const learnt = new Set(parameters)
  const isConstant = (name: string, value: Tensor): boolean =>
    reached.has(name) &&
    !learnt.has(name) &&
    !value.opaque &&
    isFloat(value.dtype) &&
    !buffer.test(name) &&
    !isMask(value) &&
    (value.data as Float32Array).some(each => each !== value.data[0])
  return [...initializers].filter(([name, value]) => isConstant(name, value)).map(([name]) => name)
}

/** Names of all values that an output is computed from, itself included. */
export function ancestorsOf(builder: GraphBuilder, output: string): Set<string> {
  const reached = new Set([output])
  for (const node of [...builder.nodes].reverse())
    if (node.outputs.some(name => reached.has(name)))
      for (const name of node.inputs) if (name !== '') reached.add(name)
  return reached
}

function consumersOf(builder: GraphBuilder): Map<string, { node: Node; position: number }[]> {
  const consumers = new Map<string, { node: Node; position: number }[]>()
  for (const node of builder.nodes)
    node.inputs.forEach((name, position) => {
      const list = consumers.get(name)
      if (list) list.push({ node, position })
      else consumers.set(name, [{ node, position }])
    })
  return consumers
}

function isLearnt(
  builder: GraphBuilder,
  consumers: ReturnType<typeof consumersOf>,
  reached: ReadonlySet<string>,
  name: string,
  opaque: boolean,
): boolean {
  return (consumers.get(name) ?? []).some(({ node, position }) => {
    if (node.domain || !node.outputs.some(output => reached.has(output))) return false
    if (positions[node.opType]?.includes(position)) return !isGroupStatistic(builder, node, name, opaque)
    if (followed.has(node.opType) && position === 0)
      return node.outputs.some(output => isLearnt(builder, consumers, reached, output, opaque))
    if (!opaque && computed.has(node.opType))
      return node.outputs.some(output => isLearnt(builder, consumers, reached, output, opaque))
    if (!elementwise.has(node.opType)) return false
    return !opaque || isFolded(builder, node, name)
  })
}

/** Ones and zeros of the InstanceNormalization that a GroupNorm is exported to. */
function isGroupStatistic(builder: GraphBuilder, node: Node, name: string, opaque: boolean): boolean {
  const value = builder.initializers.get(name)
  if (!opaque || node.opType !== 'InstanceNormalization' || !value) return false
  return (value.data as Float32Array).every(each => each === value.data[0])
}

function isMask({ data }: Tensor): boolean {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    if (!(value < MASKED && value > -MASKED)) return !Number.isNaN(value)
  }
  return false
}
