import { expect } from 'chai'
import fc from 'fast-check'
import type { Value } from '../../src/index'
import {
  GraphBuilder,
  OnnxEngineError,
  gradients,
  int,
  ints,
  numbersOf,
  string,
  tensor,
} from '../../src/index'
import { runModel } from '../runModel'
import { sample } from './checkGradients'

/** The index of an element of `dims` that takes part in element `index` of the broadcast shape `full`. */
function sourceIndex(index: number, full: readonly number[], dims: readonly number[]): number {
  let [rest, source, stride] = [index, 0, 1]
  for (let axis = full.length - 1; axis >= 0; axis--) {
    const position = rest % full[axis]!
    rest = Math.floor(rest / full[axis]!)
    const size = dims[axis - (full.length - dims.length)] ?? 1
    source += stride * (size === 1 ? 0 : position)
    stride *= size
  }
  return source
}

/** Two shapes that broadcast, made from their result by dropping leading axes and putting ones in. */
const pair = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }).chain(full => {
  const operand = fc.tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
  const shape = ([drop, ones]: [number, boolean[]]): number[] =>
    full.map((d, i) => (ones[i] ? 1 : d)).slice(drop)
  return fc.tuple(operand, operand).map(([a, b]) => [shape(a), shape(b)] as const)
})

const fullShape = (a: readonly number[], b: readonly number[]): number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const at = (dims: readonly number[]): number =>
      dims[i - (Math.max(a.length, b.length) - dims.length)] ?? 1
    return Math.max(at(a), at(b))
  })

describe('gradients', () => {
  for (const symbolic of [false, true])
    it(`sums over exactly the repeated axes of any broadcast, sizes ${symbolic ? 'symbolic' : 'known'}`, async () => {
      await fc.assert(
        fc.asyncProperty(pair, async ([left, right]) => {
          const full = fullShape(left, right)
          const builder = new GraphBuilder('broadcast')
          const dims = (shape: readonly number[], side: string) =>
            shape.map((d, i) => (symbolic ? `${side}${i}` : d))
          const a = builder.input('a', 'float64', dims(left, 'l'))
          const b = builder.input('b', 'float64', dims(right, 'r'))
          const seed = builder.input('seed', 'float64', symbolic ? full.map((_, i) => `s${i}`) : full)
          const [da, db] = gradients(builder, builder.mul(a, b), [a, b], seed)
          builder.output(da!, 'da')
          builder.output(db!, 'db')
          const wide = (t: ReturnType<typeof sample>) => tensor('float64', t.dims, numbersOf(t))
          const feeds = {
            a: wide(sample(left)),
            b: wide(sample(right, -1, 1, 2)),
            seed: wide(sample(full, -1, 1, 3)),
          }
          const result = await runModel(builder.model(), feeds)
          const [x, y, dy] = [feeds.a, feeds.b, feeds.seed].map(numbersOf)
          const expected = { da: x!.map(() => 0), db: y!.map(() => 0) }
          dy!.forEach((value, i) => {
            const [p, q] = [sourceIndex(i, full, left), sourceIndex(i, full, right)]
            expected.da[p]! += value * y![q]!
            expected.db[q]! += value * x![p]!
          })
          expect(result['da']!.dims).to.deep.equal(left)
          expect(result['db']!.dims).to.deep.equal(right)
          for (const name of ['da', 'db'] as const)
            numbersOf(result[name]!).forEach((value, i) =>
              expect(value).to.be.closeTo(expected[name][i]!, 1e-12),
            )
        }),
        { numRuns: 60 },
      )
    })

  it('are zeros where the loss does not depend on the value', async () => {
    const builder = new GraphBuilder('g')
    const [x, y] = [builder.input('x', 'float32', ['N']), builder.input('y', 'float32', ['N'])]
    const [dx, dy] = gradients(builder, builder.mul(x, x), [x, y])
    builder.output(dx!, 'dx')
    builder.output(dy!, 'dy')
    const result = await runModel(builder.model(), { x: sample([3]), y: sample([3]) })
    expect(numbersOf(result['dy']!)).to.deep.equal([0, 0, 0])
    expect(numbersOf(result['dx']!)[0]).to.be.closeTo(2 * numbersOf(sample([3]))[0]!, 1e-6)
  })

  it('stop at comparisons and integers', () => {
    const builder = new GraphBuilder('g')
    const x = builder.input('x', 'float32', [3])
    const mask = builder.cast(builder.op('Less', [x, builder.constant(0)]), 'float32')
    const masked = builder.mul(x, mask)
    const before = builder.nodes.length
    gradients(builder, masked, [x])
    expect(builder.nodes.slice(before).map(node => node.opType)).to.deep.equal(['Expand', 'Mul'])
  })

  it('pass a squared ReLU in two products, since what is a product of its output needs no mask', () => {
    const builder = new GraphBuilder('g')
    const x = builder.input('x', 'float32', [3])
    const root = builder.op('Relu', [x])
    const square = builder.mul(root, root)
    const dy = builder.input('dy', 'float32', [3])
    const before = builder.nodes.length
    gradients(builder, square, [x], dy)
    expect(builder.nodes.slice(before).map(node => node.opType)).to.deep.equal(['Mul', 'Mul'])
  })

  it('mask a ReLU whose output is read by another operator', () => {
    const builder = new GraphBuilder('g')
    const x = builder.input('x', 'float32', [3])
    const root = builder.op('Relu', [x])
    const dy = builder.input('dy', 'float32', [3])
    const before = builder.nodes.length
    gradients(builder, builder.add(builder.mul(root, root), root), [x], dy)
    expect(builder.nodes.slice(before).map(node => node.opType)).to.include('Where')
  })

  it('leave alone what the wanted values do not depend on', () => {
    const builder = new GraphBuilder('g')
    const x = builder.input('x', 'float32', [2, 3])
    const values = builder.op('Atan', [x])
    const w = builder.input('w', 'float32', [3])
    expect(() => gradients(builder, builder.mul(values, w), [w])).to.not.throw()
  })

  it('name the operator, the node and the graph where a gradient is missing', () => {
    const builder = new GraphBuilder('ranking')
    const x = builder.input('x', 'float32', [2, 3])
    const values = builder.op('Atan', [x])
    expect(() => gradients(builder, builder.mul(values, 2), [x]))
      .to.throw(OnnxEngineError, 'No gradient for operator Atan, node "Atan_0" of graph "ranking"')
      .with.property('data')
      .that.deep.equals({ operator: 'Atan', node: 'Atan_0', graph: 'ranking', purpose: 'gradient' })
  })

  describe('refuse, by name,', () => {
    const refused = (operator: string, build: (b: GraphBuilder, x: Value) => Value) => {
      const builder = new GraphBuilder('g')
      const x = builder.input('x', 'float32', [2, 3])
      const loss = build(builder, x)
      expect(() => gradients(builder, loss, [x]))
        .to.throw(OnnxEngineError)
        .with.property('data')
        .that.includes({ operator, graph: 'g', purpose: 'gradient' })
    }
    const dropout = 'Dropout in training mode (export in evaluation mode)'
    const indices = (b: GraphBuilder) => b.constant(tensor('int64', [1, 2], [1, 2]))

    it('Dropout in training', () => {
      refused(dropout, (b, x) => b.op('Dropout', [x, undefined, b.constant(tensor('bool', [], [1]))]))
    })

    it('Dropout whose mode is known only when the graph runs', () => {
      refused(dropout, (b, x) => b.op('Dropout', [x, undefined, b.input('training', 'bool', [])]))
    })

    it('forms of operators that have a gradient in their usual form', () => {
      refused('GatherND with batch_dims', (b, x) => {
        const rows = b.constant(tensor('int64', [2, 1], [0, 1]))
        return b.op('GatherND', [x, rows], { batch_dims: int(1) })
      })
      refused('ScatterND with mul', (b, x) => {
        const update = b.constant(tensor('float32', [1], [1]))
        return b.op('ScatterND', [x, indices(b), update], { reduction: string('mul') })
      })
      refused('AveragePool with windows of different sizes over [2,1,L]', b => {
        const x = b.input('signal', 'float32', [2, 1, 'L'])
        const pool = b.op('AveragePool', [b.mul(x, b.reduceSum(b.value('x'), [0, 1]))], {
          kernel_shape: ints([2]),
          pads: ints([1, 0]),
        })
        return pool
      })
      refused('Pad reflect over an axis of open size', b => {
        const x = b.mul(b.input('rows', 'float32', [2, 'L']), b.reduceSum(b.value('x'), [0, 1]))
        return b.op('Pad', [x, b.shapeConstant([0, 1, 0, 0])], { mode: string('reflect') })
      })
      refused('Einsum with an index twice in one operand', (b, x) =>
        b.op('Einsum', [b.matMul(x, b.transposeLast(x))], { equation: string('ii->i') }),
      )
    })

    it('what a rule would leave out: bounds, pads and statistics', () => {
      const sum = (b: GraphBuilder, x: Value) => b.reduceSum(x, [0, 1])
      refused('Clip through a bound', (b, x) => b.op('Clip', [x, sum(b, x)]))
      refused('Pad through its value', (b, x) => b.op('Pad', [x, b.shapeConstant([0, 1, 0, 0]), sum(b, x)]))
      refused('LayerNormalization through its statistics', (b, x) => {
        const scale = b.constant(tensor('float32', [3], [1, 1, 1]))
        const [y, mean] = b.op('LayerNormalization', [x, scale], {}, 2)
        return b.mul(y!, mean!)
      })
    })
  })

  it('refuse an integer loss', () => {
    const builder = new GraphBuilder('g')
    const i = builder.input('i', 'int64', [])
    expect(() => gradients(builder, i, []))
      .to.throw(OnnxEngineError)
      .with.property('code', 'INVALID_ARGUMENT')
  })
})
