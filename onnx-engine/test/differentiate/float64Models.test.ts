import { expect } from 'chai'
import type { Model } from '../../src/index'
import { GraphBuilder, castTensor, checkGradients, numbersOf, tensor } from '../../src/index'
import { drawn } from './exportedModels'
import { relativeDistance, runPass } from './explicit'

/** Erf and LayerNormalization have float32 kernels only, or compute in float32. */
function model(float: 'float32' | 'float64'): Model {
  const b = new GraphBuilder('floats', { float })
  const weight = (name: string, dims: number[]) => b.initializer(name, castTensor(drawn(name, dims), float))
  const x = b.input('x', float, ['B', 5])
  const hidden = b.op('Erf', [b.matMul(x, weight('onnx::MatMul_3', [5, 6]))])
  const normal = b.layerNormalization(hidden, weight('ln.weight', [6]), weight('ln.bias', [6]))
  b.output(b.matMul(normal, weight('head', [6, 4])), 'logits')
  return b.model()
}

const targets = tensor('int64', [4], [0, 3, 2, 1])
const loss = { kind: 'cross-entropy' } as const
const samplesOf = (float: 'float32' | 'float64') => ({
  inputs: new Map([['x', castTensor(drawn('x', [4, 5], 1), float)]]),
  ...{ targets, count: 4 },
})

describe('models of float64', () => {
  it('have the gradients of their float32 form, and no more parameters', async () => {
    const [narrow, wide] = await Promise.all(
      (['float32', 'float64'] as const).map(float =>
        runPass(model(float), 'parameters', samplesOf(float), { loss }),
      ),
    )
    expect([...wide!.gradients!.keys()]).to.deep.equal([...narrow!.gradients!.keys()])
    for (const [name, gradient] of wide!.gradients!) {
      expect(gradient.dtype).to.equal('float64')
      const other = numbersOf(narrow!.gradients!.get(name)!)
      expect(relativeDistance(other, numbersOf(gradient)), name).to.be.below(1e-5)
    }
  })

  it('pass the check', async () => {
    const { passes } = await checkGradients(model('float64'), samplesOf('float64'), {
      ...{ loss, seed: 'x', entries: 1, tolerance: 1e-7, tolerance32: 1e-5 },
    })
    expect(passes).to.equal(true)
  })
})
