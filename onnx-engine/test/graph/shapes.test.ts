import { expect } from 'chai'
import fc from 'fast-check'
import type { Value } from '../../src/index'
import { GraphBuilder, OnnxEngineError, int, numbersOf, tensor } from '../../src/index'
import { runModel } from '../runModel'
import { sample } from './checkGradients'

const codeOf = (action: () => unknown): { code: string; message: string } => {
  try {
    action()
  } catch (error) {
    if (error instanceof OnnxEngineError) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'none', message: '' }
}

describe('shape inference', () => {
  const symbolic = () => {
    const b = new GraphBuilder('g')
    return { b, x: b.input('x', 'float32', ['B', 'T', 12]) }
  }

  it('keeps names of sizes through products and back', () => {
    const { b, x } = symbolic()
    const heads = b.transpose(b.reshape(x, [0, 0, 3, 4]), [0, 2, 1, 3])
    expect(heads.dims).to.deep.equal(['B', 3, 'T', 4])
    expect(b.matMul(heads, b.transposeLast(heads)).dims).to.deep.equal(['B', 3, 'T', 'T'])
    const rows = b.reshape(x, [-1, 12])
    expect(rows.dims).to.deep.equal(['B*T', 12])
    expect(
      b.op('Reshape', [rows, b.concat([b.slice(b.shape(x), 0, 2, 0), b.shapeConstant([12])], 0)]).dims,
    ).to.deep.equal(['B', 'T', 12])
    expect(b.reshape(rows, [-1, 6]).dims).to.deep.equal(['2*B*T', 6])
  })

  it('reads the pads that PyTorch turns round in a table', () => {
    const b = new GraphBuilder('g')
    const given = b.concat([b.shapeConstant([1, 2, 0, 3]), b.shapeConstant([0, 0, 0, 0])], 0)
    const table = b.reshape(given, [-1, 2])
    const [start, end, axis, step] = [[-1], [-(2 ** 40)], [0], [-1]].map(list => b.shapeConstant(list))
    const turned = b.transpose(b.op('Slice', [table, start, end, axis, step]), [1, 0])
    const pads = b.reshape(turned, [-1])
    expect(pads.known).to.deep.equal([0, 0, 0, 1, 0, 0, 3, 2])
    expect(b.op('Pad', [b.input('x', 'float32', ['B', 3, 7, 7]), pads]).dims).to.deep.equal(['B', 3, 10, 10])
  })

  it('follows lengths through Gather, Unsqueeze, Slice and Range', () => {
    const { b, x } = symbolic()
    const length = b.gather(b.shape(x), b.shapeConstant([1]))
    const table = b.constant(sample([64, 12]))
    const rows = b.op('Slice', [table, b.shapeConstant([0]), length, b.shapeConstant([0])])
    expect(rows.dims).to.deep.equal(['T', 12])
    expect(b.add(x, rows).dims).to.deep.equal(['B', 'T', 12])
    expect(b.concat([x, x], 1).dims).to.deep.equal(['B', '2*T', 12])
  })

  it('sees through the way in which PyTorch writes an expansion with -1', () => {
    const { b, x } = symbolic()
    const wanted = b.concat([b.slice(b.shape(x), 0, 1, 0), b.shapeConstant([-1, 5])], 0)
    const ones = b.op('ConstantOfShape', [b.shapeConstant([3])], {
      value: { kind: 'tensor', value: tensor('int64', [1], [1]) },
    })
    const isFree = b.op('Equal', [wanted, b.constant(tensor('int64', [1], [-1]))])
    const vector = b.input('v', 'float32', [7, 1])
    expect(b.expand(vector, b.where(isFree, ones, wanted)).dims).to.deep.equal(['B', 7, 5])
  })

  it('names the node and the shapes that do not fit', () => {
    const { b, x } = symbolic()
    expect(codeOf(() => b.matMul(x, b.constant(sample([11, 2]))))).to.deep.equal({
      code: 'INCOMPATIBLE_SHAPES',
      message:
        'MatMul, node "MatMul_1" of graph "g": got [B,T,12] and [11,2], expected equal inner dimensions',
    })
    expect(codeOf(() => b.add(x, b.constant(sample([5])))).message).to.include('[B,T,12] and [5]')
    expect(codeOf(() => b.add(x, b.input('i', 'int64', [12]))).message).to.include('float32 and i int64')
    expect(codeOf(() => b.reduceSum(x, [3])).message).to.include(
      'got axis 3, expected an axis of 3 dimensions',
    )
    expect(codeOf(() => b.reshape(b.constant(sample([2, 3])), [4, -1])).message).to.include('got 6 elements')
  })

  it('names what it does not know', () => {
    const { b, x } = symbolic()
    const error = codeOf(() => b.op('NonMaxSuppression', [x]))
    expect(error.code).to.equal('UNSUPPORTED_OPERATOR')
    expect(error.message).to.include(
      'No shape inference for operator NonMaxSuppression, node "NonMaxSuppression_0"',
    )
    expect(codeOf(() => b.value('nothing')).code).to.equal('UNKNOWN_VALUE')
    expect(codeOf(() => b.input('x', 'float32', [])).code).to.equal('DUPLICATE_NAME')
  })

  it('says what ONNX Runtime then computes, for broadcasts of any shapes', async () => {
    const dim = fc.constantFrom(1, 1, 2, 3)
    const shape = fc.array(dim, { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(shape, shape, async (left, right) => {
        const b = new GraphBuilder('broadcast')
        const [x, y] = [b.input('x', 'float32', left), b.input('y', 'float32', right)]
        let sum: Value
        try {
          sum = b.add(x, y)
        } catch (error) {
          expect(error).to.be.instanceOf(OnnxEngineError).with.property('code', 'INCOMPATIBLE_SHAPES')
          return
        }
        b.output(sum, 'sum')
        const result = await runModel(b.model(), { x: sample(left), y: sample(right, -1, 1, 2) })
        expect(result['sum']!.dims).to.deep.equal(sum.dims)
      }),
      { numRuns: 40 },
    )
  })

  it('says what ONNX Runtime then computes, for slices of any bounds', async () => {
    const bound = fc.integer({ min: -9, max: 9 })
    await fc.assert(
      fc.asyncProperty(bound, bound, fc.constantFrom(-3, -1, 1, 2), async (start, end, step) => {
        const b = new GraphBuilder('slice')
        const x = b.input('x', 'float32', [5])
        const cut = b.op('Slice', [
          x,
          ...[[start], [end], [0], [step]].map(values => b.shapeConstant(values)),
        ])
        b.output(cut, 'cut')
        const result = await runModel(b.model(), { x: sample([5]) })
        expect(result['cut']!.dims).to.deep.equal(cut.dims)
      }),
      { numRuns: 60 },
    )
  })
})

describe('GraphBuilder', () => {
  it('refuses operator sets whose operators mean something else', () => {
    const error = codeOf(() => new GraphBuilder('old', { opset: 12 }))
    expect(error.code).to.equal('UNSUPPORTED_MODEL')
    expect(error.message).to.include('got 12, expected 13 or newer')
    expect(new GraphBuilder('g', { opset: 13 }).opset).to.equal(17)
  })

  it('continues on a graph where it was left', async () => {
    const first = new GraphBuilder('g')
    first.output(first.mul(first.input('x', 'float32', ['N']), 2), 'doubled')
    const second = GraphBuilder.from(first.graph())
    second.clearOutputs()
    second.output(second.add(second.value('doubled'), 1), 'y')
    const { y } = await runModel(second.model(), { x: sample([3], 1, 2) })
    expect(numbersOf(y!)).to.deep.equal(
      numbersOf(sample([3], 1, 2))
        .map(value => Math.fround(value * 2) + 1)
        .map(Math.fround),
    )
  })

  it('leaves names free that an exporter gave to nodes', async () => {
    const nodes = [0, 1, 2].map(i => ({
      ...{ opType: 'Neg', name: `Neg_${i}`, attributes: {} },
      ...{ inputs: [i === 0 ? 'x' : `${i}`], outputs: [`${i + 1}`] },
    }))
    const b = GraphBuilder.from({
      name: 'counted',
      nodes,
      inputs: [{ name: 'x', dtype: 'float32', dims: [2] }],
      outputs: [{ name: '3', dtype: 'float32', dims: [2] }],
      initializers: new Map(),
    })
    b.output(b.neg(b.value('3')), 'y')
    expect(new Set(b.nodes.map(node => node.name))).to.have.length(b.nodes.length)
    const { y } = await runModel(b.model(), { x: tensor('float32', [2], [1, -2]) })
    expect(numbersOf(y!)).to.deep.equal([1, -2])
  })

  it('gives nodes without a name one', () => {
    const b = new GraphBuilder('g')
    b.output(b.op('Neg', [b.input('x', 'float32', [1])]), 'y')
    const graph = { ...b.graph(), nodes: b.graph().nodes.map(node => ({ ...node, name: '' })) }
    expect(GraphBuilder.from(graph).nodes.map(node => node.name)).to.deep.equal(['Neg.0', 'Identity.1'])
  })

  it('keeps one of equal shape constants', () => {
    const b = new GraphBuilder('g')
    expect(b.shapeConstant([1, 2])).to.equal(b.shapeConstant([1, 2]))
    expect(
      b.op('Unsqueeze', [b.input('x', 'float32', []), b.shapeConstant([0])], { unused: int(1) }).dims,
    ).to.deep.equal([1])
  })
})
