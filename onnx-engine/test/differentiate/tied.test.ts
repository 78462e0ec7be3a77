import { expect } from 'chai'
import type { Model, Tensor } from '../../src/index'
import { GradientPass, GraphBuilder, numbersOf, separateParameters, tensor } from '../../src/index'
import { drawn } from './exportedModels'
import { relativeDistance, runPass } from './explicit'

const table = drawn('table', [7, 4])

function turned({ dtype, dims, data }: Tensor): Tensor {
  const [rows, columns] = dims as [number, number]
  const values = Array.from({ length: data.length }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  )
  return tensor(dtype, [columns, rows], values)
}

/** A language model whose table is its head: as one weight, or as exporters that fold its transpose write it. */
function languageModel(folded: boolean): Model {
  const b = new GraphBuilder('tied')
  const rows = b.gather(b.initializer('wte.weight', table), b.input('tokens', 'int64', ['B', 'T']))
  const head = folded
    ? b.initializer('onnx::MatMul_12', turned(table))
    : b.transpose(b.value('wte.weight'), [1, 0])
  b.output(b.matMul(b.op('Tanh', [rows]), head), 'logits')
  return b.model()
}

const samples = {
  inputs: new Map([['tokens', tensor('int64', [2, 3], [0, 1, 2, 6, 6, 1])]]),
  targets: tensor('int64', [2, 3], [1, 2, 3, 0, 1, 5]),
  count: 2,
}
const loss = { kind: 'cross-entropy' } as const

describe('tieCopies', () => {
  it('gives a table that is also the head, folded or not, one gradient', async () => {
    const [whole, folded] = await Promise.all(
      [false, true].map(isFolded => runPass(languageModel(isFolded), 'parameters', samples, { loss })),
    )
    expect([...folded!.gradients!.keys()]).to.deep.equal(['wte.weight'])
    const [left, right] = [whole!, folded!].map(({ gradients }) => numbersOf(gradients!.get('wte.weight')!))
    expect(relativeDistance(left!, right!)).to.be.below(1e-6)
  })

  it('joins two copies of a layer that is called twice', () => {
    const b = new GraphBuilder('twice')
    const weight = drawn('weight', [3, 4])
    const names = ['onnx::MatMul_3', 'onnx::MatMul_8']
    const [first, second] = names.map(name => b.initializer(name, weight))
    const x = b.input('x', 'float32', ['B', 3])
    b.output(b.add(b.matMul(x, first!), b.matMul(b.neg(x), second!)), 'logits')
    expect([...separateParameters(b.model()).graph.initializers.keys()]).to.deep.equal(['onnx::MatMul_3'])
  })

  it('leaves weights of equal values apart where all of them are one number', () => {
    const b = new GraphBuilder('zeros')
    const x = b.input('x', 'float32', ['B', 3])
    const [first, second] = ['a.weight', 'onnx::MatMul_8'].map(name =>
      b.initializer(name, tensor('float32', [3, 3], new Array<number>(9).fill(0))),
    )
    b.output(b.matMul(b.matMul(x, first!), second!), 'logits')
    const model = b.model()
    expect(separateParameters(model)).to.equal(model)
  })

  describe('given weights of both', () => {
    const moved = drawn('moved', [7, 4])
    const run = async (copy: Tensor): Promise<number[]> => {
      const options = {
        loss,
        direction: 'loss',
        want: 'none',
        weights: 'inputs',
        batch: 2,
        session: {},
      } as const
      const parameters = ['wte.weight', 'onnx::MatMul_12']
      const pass = await GradientPass.open(languageModel(true), { ...options, parameters })
      try {
        const weights = new Map([
          ['wte.weight', moved],
          ['onnx::MatMul_12', copy],
        ])
        return [...(await pass.run(samples, { weights })).loss]
      } finally {
        await pass.close()
      }
    }

    it('takes them where they are still copies', async () => {
      const own = await runPass(languageModel(false), 'none', samples, {
        ...{ loss, weightsAre: 'inputs', weights: new Map([['wte.weight', moved]]) },
      })
      expect(relativeDistance(await run(turned(moved)), own.loss)).to.be.below(1e-6)
    })

    it('refuses them where they are not', async () => {
      const error = await run(drawn('other', [4, 7])).catch((caught: Error) => caught)
      expect((error as Error).message).to.match(/weight "onnx::MatMul_12": got values of its own/)
    })
  })
})
