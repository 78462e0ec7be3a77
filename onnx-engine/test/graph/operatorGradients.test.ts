import { expect } from 'chai'
import type { Dim, Model, Value } from '../../src/index'
import { GraphBuilder, float, int, ints, scalar, string, tensor } from '../../src/index'
import type { Feeds } from '../runModel'
import { checkGradients, sample } from './checkGradients'

interface Case {
  readonly title: string
  readonly inputs: Feeds
  /** Symbolic shapes of the graph's inputs, where they are not simply the sizes. */
  readonly dims?: Readonly<Record<string, readonly Dim[]>>
  readonly build: (b: GraphBuilder, values: Record<string, Value>) => Value
  readonly opset?: number
}

const indices = (dims: number[], values: number[]) => tensor('int64', dims, values)
const constantIndices = (b: GraphBuilder, dims: number[], values: number[]): Value =>
  b.constant(indices(dims, values))
const positive = (dims: number[], seed = 1) => sample(dims, 0.3, 2, seed)
const x23 = { x: sample([2, 3]) }

const unary = (op: string, x = sample([2, 3, 4])): Case => ({
  title: op,
  inputs: { x },
  build: (b, { x }) => b.op(op, [x]),
})

const binary = (
  op: string,
  title: string,
  left: number[],
  right: number[],
  dims?: Record<string, Dim[]>,
): Case => ({
  title: `${op}, ${title}`,
  inputs: { left: positive(left, 1), right: positive(right, 2) },
  ...(dims ? { dims } : {}),
  build: (b, { left, right }) => b.op(op, [left, right]),
})

const broadcasts = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min'].flatMap(op => [
  binary(op, 'equal shapes', [2, 3], [2, 3]),
  binary(op, 'a vector over symbolic rows', [2, 3, 4], [4], { left: ['B', 'T', 4] }),
  binary(op, 'both sides repeated', [2, 1, 4], [3, 1], { left: ['B', 1, 4], right: ['T', 1] }),
  binary(op, 'a size that is 1 only when the graph runs', [2, 3], [1, 3], {
    left: ['A', 3],
    right: ['B', 3],
  }),
])

const matMuls: Case[] = [
  ['matrix by matrix', [3, 4], [4, 2]],
  ['rows of a batch by a matrix', [2, 3, 4], [4, 5]],
  ['batch by batch', [2, 2, 3, 4], [2, 2, 4, 3]],
  ['batch that broadcasts', [2, 1, 3, 4], [3, 4, 2]],
  ['vector by matrix', [4], [4, 3]],
  ['matrix by vector', [2, 3, 4], [4]],
  ['vector by vector', [4], [4]],
  ['vector by batch', [4], [2, 4, 3]],
].map(([title, left, right]) => binary('MatMul', title as string, left as number[], right as number[]))

const gemms: Case[] = [0, 1].flatMap(transA =>
  [0, 1].map(transB => ({
    title: `Gemm, transA ${transA}, transB ${transB}, scaled, with bias`,
    inputs: {
      a: sample(transA ? [4, 3] : [3, 4], -1, 1, 1),
      b: sample(transB ? [2, 4] : [4, 2], -1, 1, 2),
      c: sample([2], -1, 1, 3),
    },
    build: (builder, { a, b, c }) =>
      builder.op('Gemm', [a, b, c], {
        transA: int(transA),
        transB: int(transB),
        alpha: float(0.5),
        beta: float(2),
      }),
  })),
)

const reductions: Case[] = [
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceL2',
  'ReduceSumSquare',
].flatMap(op =>
  [
    { axes: [1], keep: 1, dims: undefined },
    { axes: [-1, 0], keep: 0, dims: ['B', 3, 'T'] },
    { axes: undefined, keep: 0, dims: undefined },
  ].map(({ axes, keep, dims }) => ({
    title: `${op}, ${axes ? `axes ${axes}` : 'all axes'}, keepdims ${keep}`,
    inputs: { x: sample([2, 3, 4]) },
    ...(dims ? { dims: { x: dims } } : {}),
    build: (b: GraphBuilder, { x }: Record<string, Value>) => {
      const keepdims = int(keep)
      if (op === 'ReduceSum') return b.op(op, [x, axes && b.shapeConstant(axes)], { keepdims })
      return b.op(op, [x], axes ? { axes: ints(axes), keepdims } : { keepdims })
    },
  })),
)

const layouts: Case[] = [
  { title: 'Reshape', inputs: x23, build: (b, { x }) => b.reshape(x!, [3, -1]) },
  {
    title: 'Reshape, two symbolic sizes merged and parted again',
    inputs: { x: sample([2, 3, 4]) },
    dims: { x: ['B', 'T', 4] },
    build: (b, { x }) => {
      const flat = b.mul(b.reshape(x!, [-1, 4]), 2)
      return b.mul(b.op('Reshape', [flat, b.shape(x!)]), x!)
    },
  },
  { title: 'Transpose', inputs: { x: sample([2, 3, 4]) }, build: (b, { x }) => b.transpose(x!, [2, 0, 1]) },
  {
    title: 'Transpose without perm',
    inputs: { x: sample([2, 3, 4]) },
    build: (b, { x }) => b.op('Transpose', [x]),
  },
  { title: 'Squeeze', inputs: { x: sample([2, 1, 3]) }, build: (b, { x }) => b.squeeze(x!, [1]) },
  { title: 'Unsqueeze', inputs: x23, build: (b, { x }) => b.unsqueeze(x!, [0, 2]) },
  {
    title: 'Flatten',
    inputs: { x: sample([2, 3, 2]) },
    build: (b, { x }) => b.op('Flatten', [x], { axis: int(2) }),
  },
  { title: 'Expand', inputs: { x: sample([3, 1]) }, build: (b, { x }) => b.expand(x!, [2, 3, 4]) },
  {
    title: 'Concat',
    inputs: { x: sample([2, 3]), y: sample([2, 2], -1, 1, 2) },
    build: (b, { x, y }) => b.concat([x!, y!, x!], 1),
  },
  {
    title: 'Concat, symbolic sizes',
    inputs: { x: sample([2, 3]), y: sample([4, 3], -1, 1, 2) },
    dims: { x: ['A', 3], y: ['B', 3] },
    build: (b, { x, y }) => b.concat([x!, y!], 0),
  },
  {
    title: 'Split, one part unused',
    inputs: { x: sample([2, 6]) },
    build: (b, { x }) => {
      const [first, , last] = b.split(x!, [1, 3, 2], 1)
      return b.mul(first!, last!)
    },
  },
  { title: 'Slice', inputs: { x: sample([4, 5]) }, build: (b, { x }) => b.slice(x!, 1, -1, 1) },
  {
    title: 'Slice, symbolic sizes, two axes',
    inputs: { x: sample([4, 5, 2]) },
    dims: { x: ['B', 'T', 2] },
    build: (b, { x }) =>
      b.op('Slice', [x, b.shapeConstant([1, -3]), b.shapeConstant([3, 1000]), b.shapeConstant([0, 1])]),
  },
  {
    title: 'Slice, backwards in steps',
    inputs: { x: sample([3, 6]) },
    build: (b, { x }) =>
      b.op('Slice', [x, ...[[5], [-100], [1], [-2]].map(values => b.shapeConstant(values))]),
  },
  { title: 'Pad', inputs: x23, build: (b, { x }) => b.op('Pad', [x, b.shapeConstant([0, 1, 2, 0])]) },
]

const indexings: Case[] = [
  {
    title: 'Gather, rows read twice',
    inputs: { x: sample([4, 3]), i: indices([2, 3], [0, 1, 1, 3, 0, 1]) },
    dims: { i: ['B', 'T'] },
    build: (b, { x, i }) => b.gather(x!, i!),
  },
  {
    title: 'Gather, rows by int32 tokens',
    inputs: { x: sample([4, 3]) },
    build: (b, { x }) => b.gather(b.mul(x!, x!), b.constant(tensor('int32', [3], [1, 0, 1]))),
  },
  {
    title: 'Gather, rows from the end',
    inputs: { x: sample([4, 3]) },
    build: (b, { x }) => b.gather(x!, constantIndices(b, [3], [-1, 0, -4])),
  },
  {
    title: 'Gather, a middle axis, a matrix of indices',
    inputs: { x: sample([2, 3, 2]) },
    dims: { x: ['B', 3, 'D'] },
    build: (b, { x }) => b.gather(x!, constantIndices(b, [2, 2], [0, 2, 2, 1]), 1),
  },
  {
    title: 'Gather, a single index from the end',
    inputs: { x: sample([2, 3, 2]) },
    build: (b, { x }) => b.gather(x!, constantIndices(b, [], [-1]), 1),
  },
  {
    title: 'GatherElements',
    inputs: { x: sample([2, 3]) },
    build: (b, { x }) =>
      b.op('GatherElements', [x, constantIndices(b, [2, 2], [0, 0, 2, 1])], { axis: int(1) }),
  },
  ...['none', 'add'].map(reduction => ({
    title: `ScatterElements, ${reduction}`,
    inputs: { x: sample([2, 3]), u: sample([2, 2], -1, 1, 2) },
    build: (b: GraphBuilder, { x, u }: Record<string, Value>) =>
      b.op('ScatterElements', [x, constantIndices(b, [2, 2], [0, 1, 2, 1]), u], {
        axis: int(1),
        reduction: string(reduction),
      }),
  })),
]

const normalizations: Case[] = [
  ...[-1, 1].flatMap(axis =>
    ['Softmax', 'LogSoftmax'].map(op => ({
      title: `${op}, axis ${axis}`,
      inputs: { x: sample([2, 3, 4]) },
      build: (b: GraphBuilder, { x }: Record<string, Value>) => b.op(op, [x], { axis: int(axis) }),
    })),
  ),
  {
    title: 'LogSoftmax, read at single elements and as a whole',
    inputs: { x: sample([2, 3]) },
    build: (b, { x }) => {
      const logs = b.logSoftmax(x!)
      const read = b.op('GatherElements', [logs, constantIndices(b, [2, 1], [2, 0])], { axis: int(-1) })
      return b.concat([read, logs], 1)
    },
  },
  {
    title: 'LogSoftmax, read at single elements',
    inputs: { x: sample([2, 3]) },
    build: (b, { x }) =>
      b.op('GatherElements', [b.logSoftmax(x!), constantIndices(b, [2, 2], [2, 0, 1, 1])], { axis: int(-1) }),
  },
  ...[true, false].map(biased => ({
    title: `LayerNormalization ${biased ? 'with' : 'without'} bias`,
    inputs: { x: sample([2, 3, 4]), scale: positive([4], 2), bias: sample([4], -1, 1, 3) },
    dims: { x: ['B', 'T', 4] },
    build: (b: GraphBuilder, { x, scale, bias }: Record<string, Value>) => {
      const y = b.layerNormalization(x!, scale!, biased ? bias : undefined)
      return biased ? y : b.add(y, bias!)
    },
  })),
  { title: 'CumSum', inputs: x23, build: (b, { x }) => b.op('CumSum', [x, b.constant(scalar('int64', 1))]) },
  {
    title: 'CumSum, exclusive and reversed',
    inputs: x23,
    build: (b, { x }) =>
      b.op('CumSum', [x, b.constant(scalar('int64', 0))], { exclusive: int(1), reverse: int(1) }),
  },
]

const squared = (b: GraphBuilder, x: Value): Value => b.mul(x, x)

const others: Case[] = [
  {
    title: 'Where',
    inputs: { x: sample([2, 3]), y: sample([3], -1, 1, 2) },
    build: (b, { x, y }) => b.where(b.op('Less', [x, y]), b.mul(x!, y!), y!),
  },
  {
    title: 'Trilu',
    inputs: { x: sample([3, 4]) },
    build: (b, { x }) => b.op('Trilu', [x], { upper: int(0) }),
  },
  {
    title: 'Clip',
    inputs: { x: sample([2, 3, 2]) },
    build: (b, { x }) => b.op('Clip', [x, b.constant(-0.5), b.constant(0.7)]),
  },
  {
    title: 'Clip from above only',
    inputs: { x: sample([2, 3, 2]) },
    build: (b, { x }) => b.op('Clip', [x, undefined, b.constant(0.7)]),
  },
  { title: 'Dropout', inputs: x23, build: (b, { x }) => b.mul(b.op('Dropout', [x, b.constant(0.5)]), x!) },
  {
    title: 'Dropout, training mode a constant false',
    inputs: x23,
    build: (b, { x }) =>
      b.mul(b.op('Dropout', [x, b.constant(0.5), b.constant(tensor('bool', [], [0]))]), x!),
  },
  {
    title: 'LeakyRelu',
    inputs: x23,
    build: (b, { x }) => b.op('LeakyRelu', [x], { alpha: float(0.25) }),
  },
  { title: 'a square', inputs: x23, build: (b, { x }) => b.mul(x!, x!) },
  { title: 'squared ReLU', inputs: x23, build: (b, { x }) => squared(b, b.op('Relu', [x])) },
  {
    title: 'squared ReLU whose root is read elsewhere',
    inputs: { x: sample([2, 3]), w: sample([2, 3], -1, 1, 2) },
    build: (b, { x, w }) => {
      const root = b.op('Relu', [x])
      return b.add(squared(b, root), b.mul(root, w!))
    },
  },
  { title: 'gelu of the builder', inputs: { x: sample([2, 5], -4, 4) }, build: (b, { x }) => b.gelu(x!) },
  { title: 'Gelu of operator set 20', inputs: x23, opset: 20, build: (b, { x }) => b.op('Gelu', [x]) },
  {
    title: 'Gelu of operator set 20, by tanh',
    inputs: { x: sample([2, 5], -3, 3) },
    opset: 20,
    build: (b, { x }) => b.op('Gelu', [x], { approximate: string('tanh') }),
  },
  {
    title: 'ReduceMean of operator set 18',
    inputs: x23,
    opset: 18,
    build: (b, { x }) => b.reduceMean(x!, [0]),
  },
  { title: 'Cast', inputs: x23, build: (b, { x }) => b.mul(b.op('Cast', [x], { to: int(1) }), x!) },
  { title: 'Pow by a constant', inputs: x23, build: (b, { x }) => b.pow(x!, 3) },
  {
    title: 'Sum',
    inputs: { x: sample([2, 3]), y: sample([3]) },
    build: (b, { x, y }) => b.op('Sum', [x, y, x]),
  },
  {
    title: 'a value with several uses',
    inputs: x23,
    build: (b, { x }) => b.add(b.mul(b.exp(x!), x!), b.op('Tanh', [b.add(x!, x!)])),
  },
  {
    title: 'a constant vector',
    inputs: x23,
    build: (b, { x }) => b.mul(x!, b.op('Constant', [], { value: { kind: 'tensor', value: sample([3]) } })),
  },
]

const unaries = [
  ...['Neg', 'Exp', 'Abs', 'Sin', 'Cos', 'Tanh', 'Sigmoid', 'Relu', 'Erf', 'Softplus', 'Identity'].map(op =>
    unary(op),
  ),
  ...['Log', 'Sqrt', 'Reciprocal'].map(op => unary(op, positive([2, 3, 4]))),
]

const cases = [
  ...[unaries, broadcasts, matMuls, gemms, reductions, layouts, indexings, normalizations, others].flat(),
]

function modelOf({ inputs, dims, build, opset }: Case): Model {
  const builder = new GraphBuilder('case', opset === undefined ? {} : { opset })
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, builder.input(name, t.dtype, dims?.[name] ?? t.dims)]),
  )
  builder.output(build(builder, values), 'result')
  return builder.model()
}

describe('gradients of operators, against central differences in float64', () => {
  for (const one of cases)
    it(one.title, async () => {
      const { error, magnitudes } = await checkGradients(modelOf(one), 'result', one.inputs)
      expect(error).to.be.below(1e-7)
      expect(Math.min(...magnitudes)).to.be.above(1e-3)
    })
})
