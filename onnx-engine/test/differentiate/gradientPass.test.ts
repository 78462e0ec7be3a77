import { expect } from 'chai'
import type { Loss, Model, Samples } from '../../src/index'
import {
  GradientPass,
  GraphBuilder,
  decodeModel,
  encodeModel,
  ints,
  numbersOf,
  tensor,
} from '../../src/index'
import { smallTargets, smallTokens, smallTransformer } from '../smallTransformer'
import { cnn, drawn, mlp, sequenceFirst } from './exportedModels'
import { relativeDistance, runPass, storedGradients, weightGradients } from './explicit'

const crossEntropy: Loss = { kind: 'cross-entropy' }
const rows: Samples = {
  inputs: new Map([['x', drawn('rows', [6, 5], 1)]]),
  targets: tensor('int64', [6], [0, 1, 2, 3, 3, 1]),
  count: 6,
}
const images: Samples = {
  inputs: new Map([['image', drawn('images', [6, 3, 6, 6], 1)]]),
  targets: tensor('int64', [6], [0, 1, 2, 3, 4, 1]),
  count: 6,
}
const sequences: Samples = {
  inputs: new Map([['x', drawn('sequences', [6, 3, 4], 1)]]),
  targets: tensor('int64', [6, 3], [0, 1, 2, -100, 4, 1, 2, 3, 3, 0, -100, -100, 1, 1, 2, 4, 4, 0]),
  count: 6,
}
const texts: Samples = { inputs: new Map([['tokens', smallTokens]]), targets: smallTargets, count: 3 }

const models: [string, Model, Samples, Loss][] = [
  ['an MLP', mlp(), rows, crossEntropy],
  ['an MLP of a fixed batch of 4', mlp(4), rows, crossEntropy],
  ['an MLP of a fixed batch of 1', mlp(1), rows, crossEntropy],
  ['a CNN', cnn(1), images, crossEntropy],
  ['a CNN with groups', cnn(2), images, crossEntropy],
  ['layers with positions before samples', sequenceFirst(), sequences, crossEntropy],
  ['a transformer', smallTransformer('constants'), texts, { kind: 'cross-entropy', ignoreIndex: -1 }],
]

describe('GradientPass', () => {
  for (const [name, model, samples, loss] of models)
    describe(`of ${name}`, () => {
      it('gives codes whose products are the gradients of each sample', async () => {
        const codes = await runPass(model, 'codes', samples, { loss })
        const stored = await runPass(model, 'per-sample', samples, { loss, weightsAre: 'inputs' })
        expect(codes.layers.length).to.be.above(1)
        codes.layers.forEach(({ layer }, i) => {
          const explicit = weightGradients(codes, i, samples.count).flat()
          const expected = storedGradients(stored, codes, i, samples.count).flat()
          expect(relativeDistance(explicit, expected), layer.name).to.be.below(2e-6)
        })
      })

      it('gives gradients of parameters that are the sums of those of the samples', async () => {
        const total = await runPass(model, 'parameters', samples, { loss })
        const each = await runPass(model, 'per-sample', samples, { loss })
        expect([...total.gradients!.keys()]).to.deep.equal([...each.gradients!.keys()])
        for (const [parameter, gradient] of total.gradients!) {
          const values = numbersOf(each.gradients!.get(parameter)!)
          const { length } = gradient.data
          const sums = Array.from({ length }, (_, i) =>
            Array.from({ length: samples.count }, (__, n) => values[n * length + i]!).reduce((x, y) => x + y),
          )
          const floor = Math.max(...sums.map(Math.abs), 1e-3)
          const error = Math.max(...numbersOf(gradient).map((value, i) => Math.abs(value - sums[i]!)))
          expect(error / floor, parameter).to.be.below(1e-5)
        }
      })

      it('gives features that are the whole gradients where no side is wider than k', async () => {
        const codes = await runPass(model, 'codes', samples, { loss })
        const { features } = await runPass(model, 'features', samples, {
          loss,
          projection: { k: 1000, seed: 's' },
        })
        const explicit = Array.from({ length: samples.count }, (_, sample) =>
          codes.layers.flatMap(({ layer: { inWidth, outWidth } }, i) => {
            const gradient = weightGradients(codes, i, samples.count)[sample]!
            return Array.from(
              { length: inWidth * outWidth },
              (__, entry) => gradient[(entry % outWidth) * inWidth + Math.floor(entry / outWidth)]!,
            )
          }),
        ).flat()
        expect(relativeDistance(features!, explicit)).to.be.below(2e-6)
      })
    })

  it('does not depend on the number of samples per run', async () => {
    const [one, many] = await Promise.all(
      [1, 6].map(batch => runPass(mlp(), 'codes', rows, { loss: crossEntropy, batch })),
    )
    expect(relativeDistance(one!.loss, many!.loss)).to.be.below(1e-6)
    expect(relativeDistance(one!.layers[0]!.gradients, many!.layers[0]!.gradients)).to.be.below(1e-6)
  })

  it('gives the same on worker threads', async () => {
    const pass = await GradientPass.open(mlp(), {
      loss: crossEntropy,
      direction: 'loss',
      want: 'parameters',
      weights: 'inputs',
      batch: 2,
      session: { workers: 2 },
    })
    const threaded = await pass.run(rows)
    await pass.close()
    const direct = await runPass(mlp(), 'parameters', rows, {
      loss: crossEntropy,
      weightsAre: 'inputs',
      batch: 2,
    })
    expect(threaded).to.deep.equal(direct)
  })

  it('takes other weights as inputs', async () => {
    const other = new Map([['fc2.bias', tensor('float32', [4], [9, 0, 0, 0])]])
    const moved = await runPass(mlp(), 'none', rows, {
      loss: crossEntropy,
      weightsAre: 'inputs',
      weights: other,
    })
    const own = await runPass(mlp(), 'none', rows, { loss: crossEntropy, weightsAre: 'inputs' })
    expect(moved.probability![0]).to.be.above(0.9)
    expect(own.probability![0]).to.be.below(0.9)
  })

  it('weights samples', async () => {
    const only = (i: number) =>
      runPass(mlp(), 'parameters', rows, {
        loss: crossEntropy,
        sampleWeights: Array.from({ length: 6 }, (_, row) => (row === i ? 2 : 0)),
      })
    const each = await runPass(mlp(), 'per-sample', rows, { loss: crossEntropy })
    const found = numbersOf((await only(3)).gradients!.get('fc1.weight')!)
    const expected = numbersOf(each.gradients!.get('fc1.weight')!)
      .slice(90, 120)
      .map(x => 2 * x)
    expect(relativeDistance(found, expected)).to.be.below(1e-6)
  })

  it('names layers and parameters as PyTorch does, through the names that exporters make up', async () => {
    const pass = await GradientPass.open(decodeModel(encodeModel(sequenceFirst())), {
      loss: crossEntropy,
      direction: 'loss',
      want: 'codes',
      weights: 'constants',
      batch: 2,
      session: {},
    })
    await pass.close()
    expect(
      pass.layers.map(({ name, weight, transposed, bias }) => [name, weight, transposed, bias]),
    ).to.deep.equal([
      ['a', 'onnx::MatMul_12', true, true],
      ['b', 'b.weight', false, true],
    ])
    expect(pass.parameters.map(parameter => parameter.name)).to.deep.equal([
      'onnx::MatMul_12',
      'a.bias',
      'b.weight',
      'b.bias',
    ])
  })

  it('leaves statistics of normalisations out of the parameters', async () => {
    const { gradients } = await runPass(cnn(1), 'parameters', images, { loss: crossEntropy })
    expect([...gradients!.keys()])
      .to.include('bn.weight')
      .and.not.include('bn.running_mean')
  })

  it('gives no samples nothing', async () => {
    const none = {
      inputs: new Map([['x', tensor('float32', [0, 5], [])]]),
      targets: tensor('int64', [0], []),
      count: 0,
    }
    const output = await runPass(mlp(), 'codes', none, { loss: crossEntropy })
    expect([output.loss.length, output.layers[0]!.inputs.length]).to.deep.equal([0, 0])
  })

  it('takes several inputs whose samples bear different names', async () => {
    const b = new GraphBuilder('two inputs')
    const x = b.input('x', 'float32', ['x_dynamic_axes_1', 5])
    const mask = b.input('mask', 'float32', ['mask_dynamic_axes_1', 5])
    b.output(b.matMul(b.mul(x, mask), b.initializer('w.weight', drawn('w', [5, 4]))), 'logits')
    const ones = tensor('float32', [6, 5], new Array<number>(30).fill(1))
    const inputs = new Map([...rows.inputs, ['mask', ones]])
    const { layers } = await runPass(b.model(), 'codes', { ...rows, inputs }, { loss: crossEntropy })
    expect([...layers[0]!.inputs]).to.deep.equal(numbersOf(rows.inputs.get('x')!))
  })

  it('differentiates a regression of one number per sample', async () => {
    const b = new GraphBuilder('regression')
    const product = b.matMul(b.input('x', 'float32', ['B', 5]), b.initializer('w.weight', drawn('w', [5, 1])))
    b.output(b.squeeze(product, [1]), 'y')
    const targets = tensor('float32', [6], [1, 2, 3, 4, 5, 6])
    const { loss, outputs, layers } = await runPass(
      b.model(),
      'codes',
      { ...rows, targets },
      {
        loss: { kind: 'mean-squared-error' },
      },
    )
    const errors = numbersOf(outputs).map((f, i) => f - (i + 1))
    expect(
      relativeDistance(
        loss,
        errors.map(e => e * e),
      ),
    ).to.be.below(1e-6)
    expect(
      relativeDistance(
        layers[0]!.gradients,
        errors.map(e => 2 * e),
      ),
    ).to.be.below(1e-6)
  })

  it('stops at a signal', async () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    const error = await runPass(mlp(), 'none', rows, { loss: crossEntropy, signal }).catch((e: unknown) => e)
    expect(error).to.equal(reason)
  })
})

describe('a pass over logits [B,K,T]', () => {
  const logits = (length: string | number, turned: boolean): Model => {
    const b = new GraphBuilder('sequences')
    const weight = b.initializer('w.weight', drawn('w', [4, 5]))
    const product = b.matMul(b.input('x', 'float32', ['B', length, 4]), weight)
    b.output(turned ? b.op('Transpose', [product], { perm: ints([0, 2, 1]) }) : product, 'logits')
    return b.model()
  }
  const cases: [string, string | number, Loss][] = [
    ['where the option says so', 'T', { kind: 'cross-entropy', classAxis: 'second' }],
    ["where the targets' shape fits nothing else", 3, crossEntropy],
  ]
  for (const [when, length, loss] of cases)
    it(`reads the classes on the second axis ${when}`, async () => {
      const second = await runPass(logits(length, true), 'parameters', sequences, { loss })
      const last = await runPass(logits(length, false), 'parameters', sequences, { loss: crossEntropy })
      expect(relativeDistance(second.loss, last.loss)).to.be.below(1e-6)
      const of = (output: typeof last) => numbersOf(output.gradients!.get('w.weight')!)
      expect(relativeDistance(of(second), of(last))).to.be.below(1e-6)
    })
})
