import { expect } from 'chai'
import { notDifferentiable } from '../../src/graph/gradients/notDifferentiable'
import { supportedOperators, unsupportedNodes } from '../../src/graph/supported'
import type { Graph, Node } from '../../src/index'
import { GraphBuilder, OnnxEngineError, gradients } from '../../src/index'

/** Operators that exports of PyTorch may hold and that the engine has no rule for. */
const outside = [
  ...['LSTM', 'GRU', 'RNN', 'If', 'Loop', 'Scan', 'Upsample', 'GridSample', 'NonMaxSuppression'],
  ...['QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'MatMulInteger', 'Attention', 'LRN', 'RoiAlign'],
  ...['Unique', 'StringNormalizer', 'com.example.Custom'],
]

const node = (operator: string): Node => {
  const domain = operator.includes('.') ? operator.slice(0, operator.lastIndexOf('.')) : undefined
  const opType = operator.slice(operator.lastIndexOf('.') + 1)
  const plain = { opType, name: `/model/${opType}`, inputs: ['x'], outputs: ['y'], attributes: {} }
  return domain ? { ...plain, domain } : plain
}

const graphOf = (...nodes: Node[]): Graph => ({
  name: 'main_graph',
  nodes,
  inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 4] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: [] }],
  initializers: new Map(),
})

describe('unsupported operators', () => {
  for (const operator of outside)
    it(`names ${operator} with its node and graph`, () => {
      const name = node(operator).name
      expect(() => GraphBuilder.from(graphOf(node(operator))))
        .to.throw(
          OnnxEngineError,
          `No shape inference for operator ${operator}, node "${name}" of graph "main_graph"; replace it by supported operators`,
        )
        .with.property('data')
        .that.deep.equals({ operator, node: name, graph: 'main_graph', purpose: 'shape inference' })
    })

  it('are listed all at once', () => {
    const nodes = [node('Relu'), node('LSTM'), node('Atan'), { ...node('com.example.Custom'), name: '' }]
    expect(unsupportedNodes(graphOf(...nodes))).to.deep.equal([
      { operator: 'LSTM', node: '/model/LSTM', purpose: 'shape inference' },
      { operator: 'Atan', node: '/model/Atan', purpose: 'gradient' },
      { operator: 'com.example.Custom', node: 'Custom.3', purpose: 'shape inference' },
    ])
  })

  it('are refused for a gradient only where one flows through them', () => {
    const b = new GraphBuilder('g')
    const [x, w] = [b.input('x', 'float32', [2, 3]), b.input('w', 'float32', [3])]
    const values = b.op('Atan', [x])
    const y = b.mul(values, w)
    expect(() => gradients(b, y, [w])).to.not.throw()
    expect(() => gradients(b, y, [x])).to.throw(
      OnnxEngineError,
      'No gradient for operator Atan, node "Atan_0"',
    )
  })
})

describe('supported operators', () => {
  it('with a gradient have shapes too', () => {
    const { shapes, gradients } = supportedOperators()
    expect(gradients.filter(operator => !shapes.includes(operator))).to.deep.equal([])
    expect([...notDifferentiable].filter(operator => !shapes.includes(operator))).to.deep.equal([])
  })

  it('are at least those that PyTorch exports of MLPs, CNNs, RNN cells and transformers use', () => {
    const wanted =
      'MatMul Gemm Conv BatchNormalization MaxPool AveragePool GlobalAveragePool Add Sub Mul Div Pow Sqrt Exp Log Neg ' +
      'Abs Erf Gelu Relu LeakyRelu Sigmoid Tanh Softmax LogSoftmax LayerNormalization RMSNormalization ReduceSum ' +
      'ReduceMean ReduceMax Gather GatherElements Slice Split Concat Reshape Flatten Transpose Squeeze Unsqueeze ' +
      'Expand Where Cast Clip Min Max Einsum Trilu RotaryEmbedding Sin Cos Pad Tile'
    expect(supportedOperators().gradients).to.include.members(wanted.split(' '))
  })
})
