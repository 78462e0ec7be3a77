import { expect } from 'chai'
import { checkGradients } from '../../src/differentiate/check/checkGradients'
import { unsupportedOperators } from '../../src/differentiate/check/unsupported'
import type { Graph, Model, Samples, Value } from '../../src/index'
import { GraphBuilder, tensor } from '../../src/index'
import { smallTargets, smallTokens, smallTransformer } from '../smallTransformer'
import { cnn, drawn, mlp, sequenceFirst } from './exportedModels'

const images: Samples = {
  inputs: new Map([['image', drawn('images', [3, 3, 6, 6], 1)]]),
  targets: tensor('int64', [3], [0, 1, 4]),
  count: 3,
}
const options = {
  loss: { kind: 'cross-entropy', ignoreIndex: -1 },
  seed: 'test',
  entries: 2,
  tolerance: 1e-7,
  tolerance32: 1e-5,
} as const

const models: [string, Model, Samples][] = [
  [
    'an MLP',
    mlp(),
    {
      inputs: new Map([['x', drawn('rows', [3, 5], 1)]]),
      targets: tensor('int64', [3], [0, 1, 3]),
      count: 3,
    },
  ],
  ['a CNN', cnn(1), images],
  ['a CNN with groups', cnn(2), images],
  [
    'layers with positions before samples',
    sequenceFirst(),
    {
      inputs: new Map([['x', drawn('sequences', [2, 3, 4], 1)]]),
      targets: tensor('int64', [2, 3], [0, 1, -1, 4, 2, 3]),
      count: 2,
    },
  ],
  [
    'a transformer',
    smallTransformer('constants'),
    { inputs: new Map([['tokens', smallTokens]]), targets: smallTargets, count: 3 },
  ],
]

describe('checkGradients', () => {
  for (const [name, model, samples] of models)
    it(`finds every gradient of ${name} right`, async () => {
      const { passes, parameters } = await checkGradients(model, samples, options)
      for (const parameter of parameters) {
        expect(parameter.error, parameter.name).to.be.below(1e-7)
        expect(parameter.error32, parameter.name).to.be.below(1e-5)
      }
      expect(passes).to.equal(true)
      expect(parameters.filter(parameter => parameter.magnitude > 1e-3)).to.have.length.above(2)
    })

  it('does not take for wrong what is zero but for rounding', async () => {
    const b = new GraphBuilder('shifted')
    const weight = (name: string, dims: number[]): Value => b.initializer(name, drawn(name, dims))
    const x = b.input('x', 'float32', ['B', 3, 40])
    const keys = b.add(b.matMul(x, weight('k.weight', [40, 40])), weight('k.bias', [40]))
    const read = b.matMul(b.softmax(b.matMul(x, b.transposeLast(keys))), x)
    b.output(b.matMul(read, weight('head', [40, 4])), 'logits')
    const inputs = new Map([['x', drawn('many', [8, 3, 40], 3)]])
    const targets = tensor('int64', [8, 3], new Array<number>(24).fill(1))
    const { passes, parameters } = await checkGradients(b.model(), { inputs, targets, count: 8 }, options)
    const bias = parameters.find(({ name }) => name === 'k.bias')!
    expect(bias.magnitude).to.be.below(1e-12)
    expect(passes).to.equal(true)
  })

  it('finds a gradient wrong that is asked to be closer than rounding allows', async () => {
    const [, model, samples] = models[0]!
    const { passes } = await checkGradients(model, samples, { ...options, tolerance32: 1e-12 })
    expect(passes).to.equal(false)
  })
})

describe('unsupportedOperators', () => {
  const graph: Graph = {
    name: 'main',
    inputs: [{ name: 'x', dtype: 'float32', dims: ['B', 5] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['B', 5] }],
    initializers: new Map([['w', drawn('w', [5, 5])]]),
    nodes: [
      { opType: 'MatMul', name: 'fine', inputs: ['x', 'w'], outputs: ['a'], attributes: {} },
      {
        opType: 'Frobnicate',
        domain: 'com.example',
        name: 'odd',
        inputs: ['a'],
        outputs: ['b'],
        attributes: {},
      },
      { opType: 'Unheard', name: 'other', inputs: ['b'], outputs: ['y'], attributes: {} },
    ],
  }
  const model: Model = { irVersion: 8, opset: 17, producer: '', graph, metadata: {} }

  it('names all of them with node and graph', () => {
    expect(unsupportedOperators(model)).to.deep.equal([
      { operator: 'com.example.Frobnicate', node: 'odd', graph: 'main', purpose: 'shape inference' },
      { operator: 'Unheard', node: 'other', graph: 'main', purpose: 'shape inference' },
    ])
  })

  it('finds none in models that can be differentiated', () => {
    for (const [, supported] of models) expect(unsupportedOperators(supported)).to.deep.equal([])
  })
})
