import { expect } from 'chai'
import type { Loss, Samples } from '../../src/index'
import { checkGradients, decodeModel, numbersOf, tensor } from '../../src/index'
import { attributionArray, attributionFile, needsData } from '../data'
import { relativeDistance, runPass, storedGradients, weightGradients } from './explicit'

const loss: Loss = { kind: 'cross-entropy' }
const tolerances = { seed: 'real', tolerance: 1e-7, tolerance32: 1e-5 }

const digits = (count: number): Samples => ({
  inputs: new Map([
    [
      'x',
      tensor(
        'float32',
        [count, 64],
        numbersOf(attributionArray('digits_Xtr.npy', 'float32')).slice(0, 64 * count),
      ),
    ],
  ]),
  targets: tensor('int64', [count], numbersOf(attributionArray('digits_ytr.npy', 'int64')).slice(0, count)),
  count,
})

function texts(count: number): Samples {
  const ids = numbersOf(attributionArray('tinylm/test_tokens.npy', 'int64'))
  const part = (shift: number) =>
    tensor(
      'int64',
      [count, 32],
      Array.from({ length: 32 * count }, (_, i) => ids[33 * Math.floor(i / 32) + (i % 32) + shift]!),
    )
  return { inputs: new Map([['x', part(0)]]), targets: part(1), count }
}

describe('models that PyTorch exported', () => {
  before(function () {
    needsData(this)
  })

  it('a network of digits: gradients agree with central differences', async () => {
    const model = decodeModel(attributionFile('digits-mlp/model_full0.onnx'))
    const { passes, parameters } = await checkGradients(model, digits(8), { ...tolerances, loss, entries: 3 })
    expect(parameters.map(p => p.name))
      .to.include('fc3.bias')
      .and.have.length(6)
    expect(passes).to.equal(true)
  })

  it('a language model: gradients agree with central differences', async () => {
    const model = decodeModel(attributionFile('tinylm/model_full0.onnx'))
    const { passes, parameters } = await checkGradients(model, texts(1), { ...tolerances, loss, entries: 0 })
    expect(parameters).to.have.length(29)
    expect(passes).to.equal(true)
  })

  it('a language model: codes give the gradients of weights, under the names of its modules', async () => {
    const model = decodeModel(attributionFile('tinylm/model_full0.onnx'))
    const samples = texts(3)
    const codes = await runPass(model, 'codes', samples, { loss })
    const stored = await runPass(model, 'per-sample', samples, { loss })
    const blocks = ['blocks.0', 'blocks.1'].flatMap(block =>
      ['qkv', 'proj', 'up', 'down'].map(part => `${block}.${part}`),
    )
    expect(codes.layers.map(({ layer }) => layer.name)).to.deep.equal([...blocks, 'head'])
    codes.layers.forEach(({ layer }, i) =>
      expect(
        relativeDistance(weightGradients(codes, i, 3).flat(), storedGradients(stored, codes, i, 3).flat()),
        layer.name,
      ).to.be.below(5e-6),
    )
  })

  it('a regression that was solved exactly: the gradient of the mean loss is the weight decay', async () => {
    const model = decodeModel(attributionFile('digits-lr/model.onnx'))
    const { gradients } = await runPass(model, 'parameters', digits(1000), { loss, batch: 100 })
    for (const name of ['linear.weight', 'linear.bias']) {
      const theta = numbersOf(model.graph.initializers.get(name)!)
      const mean = numbersOf(gradients!.get(name)!).map(value => value / 1000)
      expect(
        relativeDistance(
          mean,
          theta.map(value => -1e-3 * value),
        ),
        name,
      ).to.be.below(1e-4)
    }
  })
})
