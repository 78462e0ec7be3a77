import { expect } from 'chai'
import { addNarrowProductsInPlace } from '../../src/graph/narrowProducts'
import type { Value } from '../../src/index'
import { GraphBuilder, numbersOf } from '../../src/index'
import { runModel } from '../runModel'
import { sample } from './checkGradients'

const feeds = {
  x: sample([2, 3, 4]),
  z: sample([2, 3, 5], -1, 1, 2),
  b: sample([4, 5], -1, 1, 3),
  c: sample([4, 5], -1, 1, 4),
}
type Inputs = Record<keyof typeof feeds, Value>

/** The model of one output, before and after, with what both compute. */
async function both(build: (b: GraphBuilder, inputs: Inputs) => Value) {
  const builder = new GraphBuilder('case')
  const x = builder.input('x', 'float32', ['B', 'T', 4])
  const z = builder.input('z', 'float32', ['B', 'T', 5])
  const [b, c] = ['b', 'c'].map(name => builder.input(name, 'float32', [4, 5]))
  builder.output(build(builder, { x, z, b: b!, c: c! }), 'y')
  const [before, after] = [builder.model(), addNarrowProductsInPlace(builder.model())]
  const [expected, got] = [await runModel(before, feeds), await runModel(after, feeds)]
  expect(got['y']!.dims).to.deep.equal(expected['y']!.dims)
  numbersOf(got['y']!).forEach((value, i) =>
    expect(value).to.be.closeTo(numbersOf(expected['y']!)[i]!, 1e-6, `element ${i}`),
  )
  return { operators: after.graph.nodes.map(node => node.opType), same: before.graph.nodes.length }
}

describe('addNarrowProductsInPlace', () => {
  for (const [side, sum] of Object.entries({
    'z + x·B': (b: GraphBuilder, z: Value, product: Value) => b.add(z, product),
    'x·B + z': (b: GraphBuilder, z: Value, product: Value) => b.add(product, z),
  }))
    it(`makes one Gemm of ${side}`, async () => {
      const { operators } = await both((b, { x, z, b: right }) => sum(b, z, b.matMul(x, right)))
      expect(operators.filter(operator => operator !== 'Reshape' && operator !== 'Shape')).to.deep.equal([
        'Gemm',
        'Identity',
      ])
    })

  it('adds several products one onto the other, and what they read is flattened once', async () => {
    const { operators } = await both((b, { x, z, b: left, c: right }) =>
      b.add(b.add(z, b.matMul(x, left)), b.matMul(x, right)),
    )
    expect(operators.filter(operator => operator === 'Gemm')).to.have.length(2)
    expect(operators).to.not.include('Add')
    // x, z, and back after each sum.
    expect(operators.filter(operator => operator === 'Reshape')).to.have.length(4)
  })

  it('takes matrices as they are', async () => {
    const { operators } = await both((b, { b: left, c: right }) =>
      b.add(b.mul(left, 2), b.matMul(b.matMul(left, b.transposeLast(right)), right)),
    )
    expect(operators).to.include('Gemm')
    expect(operators).to.not.include('Reshape')
  })

  const alone: Record<string, (b: GraphBuilder, inputs: Inputs) => Value> = {
    'a product that is read elsewhere': (b, { x, z, b: right }) => {
      const product = b.matMul(x, right)
      return b.mul(b.add(z, product), product)
    },
    'a sum that repeats an operand': (b, { x, z, b: right }) =>
      b.add(b.reduceSum(z, [0], true), b.matMul(x, right)),
    'a product of batches': (b, { x, z }) => b.add(x, b.matMul(b.matMul(z, b.transposeLast(z)), x)),
    'a wide product': (b, { z }) => {
      const wide = b.expand(b.constant(0.5), [5, 65])
      const narrow = b.expand(b.constant(0.25), [65, 5])
      return b.add(z, b.matMul(b.matMul(z, wide), narrow))
    },
  }
  for (const [what, build] of Object.entries(alone))
    it(`leaves ${what} alone`, async () => {
      const { operators, same } = await both(build)
      expect(operators).to.not.include('Gemm')
      expect(operators).to.have.length(same)
    })

  it('keeps a product that is an output', async () => {
    const builder = new GraphBuilder('case')
    const x = builder.input('x', 'float32', [2, 3, 4])
    const product = builder.matMul(x, builder.input('b', 'float32', [4, 5]))
    builder.output(product, 'product')
    builder.output(builder.add(builder.input('z', 'float32', [2, 3, 5]), product), 'y')
    const { graph } = addNarrowProductsInPlace(builder.model())
    expect(graph.nodes.map(node => node.opType)).to.not.include('Gemm')
    expect(graph.outputs.map(({ name }) => name)).to.deep.equal(['product', 'y'])
  })
})
