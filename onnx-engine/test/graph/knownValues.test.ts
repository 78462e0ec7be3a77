import { expect } from 'chai'
import type { Dim, Value } from '../../src/index'
import { GraphBuilder, float, floats, int, ints, numbersOf, scalar, tensor, toFloat64 } from '../../src/index'
import { runModel } from '../runModel'
import { Exporter } from './exported/exporter'

const symbolic = () => {
  const b = new GraphBuilder('g')
  return { b, e: new Exporter(b).in('/m'), x: b.input('x', 'float32', ['B', 'T', 12]) }
}

describe('values known before the graph runs', () => {
  const knownOf = (build: (e: Exporter, x: Value) => Value): readonly Dim[] | undefined => {
    const { e, x } = symbolic()
    return build(e, x).known
  }
  const binary = (op: string, left: number, right: number) => (e: Exporter) =>
    e.node(op, [e.index(left), e.index(right)])

  it('follow integer arithmetic as ONNX Runtime does it', async () => {
    const cases: [string, number, number, number][] = [
      ['Add', 3, 4, 7],
      ['Sub', 3, 4, -1],
      ['Mul', 3, -4, -12],
      ['Div', 7, 2, 3],
      ['Div', -7, 2, -3],
      ['Mod', 7, 3, 1],
      ['Mod', -7, 3, 2],
      ['Max', 3, 4, 4],
      ['Min', 3, 4, 3],
    ]
    for (const [op, left, right, expected] of cases) {
      expect(knownOf(binary(op, left, right)), op).to.deep.equal([expected])
      const b = new GraphBuilder('run')
      const at = (name: string) => b.input(name, 'int64', [])
      b.output(b.op(op, [at('left'), at('right')]), 'y')
      const { y } = await runModel(b.model(), { left: scalar('int64', left), right: scalar('int64', right) })
      expect(numbersOf(y!), op).to.deep.equal([expected])
    }
    expect(knownOf(binary('Div', 7, 0))).to.equal(undefined)
  })

  it('follow the round trip through floats by which a size is halved', () => {
    const halved = (e: Exporter, x: Value): Value => {
      const asFloat = e.node('Cast', [e.size(x, 2)], { to: int(1) })
      return e.node('Cast', [e.node('Floor', [e.binary('Div', asFloat, 5)])], { to: int(7) })
    }
    expect(knownOf(halved)).to.deep.equal([2])
    expect(
      knownOf((e, x) => e.node('Cast', [e.node('Cast', [e.size(x, 0)], { to: int(1) })], { to: int(7) })),
    ).to.deep.equal(['B'])
  })

  it('follow Where, Equal, comparisons, Range, Slice backwards, Split and Expand', () => {
    const equal = (e: Exporter, x: Value): Value =>
      e.node('Where', [e.node('Equal', [e.size(x, 2), e.index(12)]), e.index(5), e.index(6)])
    expect(knownOf(equal)).to.deep.equal([5])
    expect(
      knownOf((e, x) =>
        e.node('Where', [e.node('Less', [e.size(x, 2), e.index(3)]), e.index(5), e.index(6)]),
      ),
    ).to.deep.equal([6])
    expect(knownOf((e, x) => e.node('Equal', [e.size(x, 0), e.index(12)]))).to.equal(undefined)
    expect(
      knownOf((e, x) =>
        e.node('Where', [e.node('Equal', [e.size(x, 0), e.index(-1)]), e.index(5), e.size(x, 1)]),
      ),
    ).to.deep.equal(['T'])
    expect(knownOf(e => e.node('Range', [e.index(1), e.index(8), e.index(3)]))).to.deep.equal([1, 4, 7])
    expect(
      knownOf((e, x) =>
        e.node('Slice', [
          e.node('Shape', [x]),
          e.constant([-1]),
          e.constant([-9]),
          e.constant([0]),
          e.constant([-1]),
        ]),
      ),
    ).to.deep.equal([12, 'T', 'B'])
    expect(
      knownOf((e, x) => e.nodes('Split', [e.node('Shape', [x])], { axis: int(0) }, 3)[1]!),
    ).to.deep.equal(['T'])
    expect(knownOf((e, x) => e.node('Expand', [e.size(x, 1), e.constant([2])]))).to.deep.equal(['T', 'T'])
    expect(
      knownOf((e, x) => e.node('ReduceProd', [e.node('Shape', [x])], { keepdims: int(0) })),
    ).to.deep.equal(['12*B*T'])
    expect(knownOf((e, x) => e.node('Shape', [x], { start: int(-2) }))).to.deep.equal(['T', 12])
  })

  it('keep what is known of a shape beside what is not', () => {
    const { e, x } = symbolic()
    const count = e.node('Cast', [e.node('ReduceSum', [x], { keepdims: int(0) })], { to: int(7) })
    const y = e.node('Reshape', [x, e.sizes(count, 12)])
    expect(y.dims[1]).to.equal(12)
    expect(y.dims[0]).to.be.a('string')
  })

  it('are read from every form of Constant', async () => {
    const b = new GraphBuilder('constants')
    const forms = {
      value_int: int(3),
      value_ints: ints([1, 2]),
      value_float: float(0.5),
      value_floats: floats([1.5, 2]),
    }
    for (const [name, attribute] of Object.entries(forms))
      b.output(b.op('Constant', [], { [name]: attribute }), name)
    const x = b.input('x', 'float32', [2])
    b.output(b.mul(x, b.value('value_floats')), 'y')
    const wide = await runModel(toFloat64(b.model()), { x: tensor('float64', [2], [1, 2]) })
    expect(numbersOf(wide['y']!)).to.deep.equal([1.5, 4])
    const types = Object.fromEntries(Object.entries(wide).map(([name, t]) => [name, t.dtype]))
    expect(types).to.deep.equal({
      value_int: 'int64',
      value_ints: 'int64',
      value_float: 'float64',
      value_floats: 'float64',
      y: 'float64',
    })
    expect(() => b.op('Constant', [], {})).to.throw('got no attribute, expected value, value_int')
  })
})
