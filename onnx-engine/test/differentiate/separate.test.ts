import { expect } from 'chai'
import { toFloat16 } from '../../src/safetensors/float16'
import type { Model, Tensor, Value } from '../../src/index'
import { GraphBuilder, numbersOf, separateParameters, tensor, withParameters } from '../../src/index'
import { drawn } from './exportedModels'
import { runPass } from './explicit'

/** Two scales of which an exporter kept one, and a table that is tied to the head. */
function exported(): Model {
  const b = new GraphBuilder('exported')
  const x = b.input('x', 'float32', ['B', 4])
  const first = b.initializer('ln1.weight', tensor('float32', [4], [1, 1, 1, 1]))
  const second = b.alias(first, 'ln2.weight')
  const tied = b.initializer('up.weight', drawn('up', [4, 4]))
  const head = b.alias(tied, 'head.weight')
  const hidden = b.op('Tanh', [b.matMul(b.mul(x, first), tied)])
  b.output(b.matMul(b.mul(hidden, second), head), 'logits')
  return b.model()
}

const samples = {
  inputs: new Map([['x', drawn('x', [3, 4], 1)]]),
  targets: tensor('int64', [3], [0, 1, 3]),
  count: 3,
}

describe('separateParameters', () => {
  it('gives each of the parameters that an exporter joined by value a gradient of its own', async () => {
    const { gradients } = await runPass(exported(), 'parameters', samples, {
      loss: { kind: 'cross-entropy' },
    })
    expect([...gradients!.keys()]).to.have.members(['ln1.weight', 'ln2.weight', 'up.weight'])
    const [first, second] = ['ln1.weight', 'ln2.weight'].map(name => numbersOf(gradients!.get(name)!))
    expect(first).to.not.deep.equal(second)
  })

  it('leaves tied weights and other models as they are', () => {
    const separate = separateParameters(exported())
    expect(separate.graph.initializers.has('head.weight')).to.equal(false)
    expect(separateParameters(separate)).to.equal(separate)
  })

  it('gives copies of a layer, equal until they are trained, a gradient of their own', async () => {
    const b = new GraphBuilder('exported')
    const x = b.input('x', 'float32', ['B', 4])
    const first = b.initializer('onnx::MatMul_7', drawn('first', [4, 4]))
    const second = b.alias(first, 'onnx::MatMul_8')
    const scale = b.initializer('layers.0.scale', drawn('scale', [4]))
    const named = (value: Value, path: string): Value =>
      b.append({
        opType: 'MatMul',
        name: path,
        inputs: [value.name, path.includes('.0') ? first.name : second.name],
        outputs: [`${path}_out`],
        attributes: {},
      })[0]!
    const hidden = b.op('Tanh', [named(b.mul(x, scale), '/layers.0/fc/MatMul')])
    b.output(named(b.mul(hidden, b.alias(scale, 'layers.1.scale')), '/layers.1/fc/MatMul'), 'logits')
    const { gradients } = await runPass(b.model(), 'parameters', samples, { loss: { kind: 'cross-entropy' } })
    expect([...gradients!.keys()]).to.have.members([
      ...['onnx::MatMul_7', 'onnx::MatMul_8', 'layers.0.scale', 'layers.1.scale'],
    ])
  })

  it('keeps a bias of zeros apart from those that an exporter folded', async () => {
    const b = new GraphBuilder('exported')
    const x = b.input('x', 'float32', ['B', 4])
    const out = b.initializer('out.bias', tensor('float32', [4], [0, 0, 0, 0]))
    const folded = b.alias(out, 'onnx::Add_9')
    const query = b.add(folded, b.matMul(x, b.initializer('q.weight', drawn('q', [4, 4]))))
    b.output(
      b.add(out, b.matMul(b.op('Tanh', [query]), b.initializer('o.weight', drawn('o', [4, 4])))),
      'logits',
    )
    const { gradients } = await runPass(b.model(), 'parameters', samples, { loss: { kind: 'cross-entropy' } })
    const [bias, other] = ['out.bias', 'onnx::Add_9'].map(name => numbersOf(gradients!.get(name)!))
    expect(bias!.reduce((sum, value) => sum + value)).to.be.closeTo(0, 1e-6)
    expect(other).to.not.deep.equal(bias)
  })

  it('differentiates parameters that are stored in 16 bits', async () => {
    const b = new GraphBuilder('half')
    const x = b.input('x', 'float32', ['B', 4])
    const data = Uint16Array.from(numbersOf(drawn('h', [4, 4])), toFloat16)
    const half: Tensor = { dtype: 'float16', dims: [4, 4], data }
    b.output(b.matMul(x, b.cast(b.initializer('h', half), 'float32')), 'logits')
    const { gradients } = await runPass(b.model(), 'parameters', samples, { loss: { kind: 'cross-entropy' } })
    expect(gradients!.get('h')!.dtype).to.equal('float32')
  })

  it('lets each take its own values', () => {
    const moved = withParameters(exported(), new Map([['ln2.weight', tensor('float32', [4], [2, 2, 2, 2])]]))
    expect(numbersOf(moved.graph.initializers.get('ln1.weight')!)).to.deep.equal([1, 1, 1, 1])
    expect(moved.graph.nodes.some(node => node.outputs.includes('ln2.weight'))).to.equal(false)
  })
})
