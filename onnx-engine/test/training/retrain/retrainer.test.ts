import { expect } from 'chai'
import type { Recipe, Retrained, Samples } from '../../../src/index'
import {
  GraphBuilder,
  OnnxEngineError,
  Retrainer,
  int,
  numbersOf,
  retrain,
  tensor,
  toFloat64,
} from '../../../src/index'
import { cnn, drawn, mlp } from '../../differentiate/exportedModels'
import { relativeDistance, runPass } from '../../differentiate/explicit'
import { withParameters } from '../../../src/training/retrain'
import { smallTargets, smallTokens, smallTransformer } from '../../smallTransformer'

const recipe: Recipe = {
  loss: { kind: 'cross-entropy' },
  optimizer: { kind: 'sgd', momentum: 0.9 },
  learningRate: 0.1,
  batch: 4,
  epochs: 20,
}
const count = 12
const samples: Samples = {
  inputs: new Map([['x', drawn('trained rows', [count, 5], 1)]]),
  targets: tensor(
    'int64',
    [count],
    Array.from({ length: count }, (_, i) => i % 4),
  ),
  count,
}
const only = (keep: readonly number[]): number[] =>
  Array.from({ length: count }, (_, i) => (keep.includes(i) ? 1 : 0))
const bits = ({ parameters }: Retrained): number[] => [...parameters.values()].flatMap(numbersOf)

describe('retrain', () => {
  it('takes the step that is computed by hand', async () => {
    const b = new GraphBuilder('line')
    const [w, c] = [
      b.initializer('w', tensor('float32', [1, 2], [0.5, -1])),
      b.initializer('c', tensor('float32', [1], [2])),
    ]
    b.output(b.op('Gemm', [b.input('x', 'float32', ['B', 2]), w, c], { transB: int(1) }), 'y')
    const model = b.model()
    const { parameters } = await retrain(model, {
      samples: {
        inputs: new Map([['x', tensor('float32', [2, 2], [1, 2, 3, 1])]]),
        targets: tensor('float32', [2], [1, 2]),
        count: 2,
      },
      recipe: {
        loss: { kind: 'mean-squared-error' },
        optimizer: { kind: 'sgd' },
        learningRate: 0.1,
        weightDecay: 0.1,
        batch: 2,
        epochs: 1,
      },
      seed: 'x',
      initial: model.graph.initializers,
    })
    // f = 0.5, 2.5; errors -0.5, 0.5; gradients of the mean: w [-0.5 + 1.5, -1 + 0.5], c 0; decay 0.1·[0.5, -1, 2]
    expect(relativeDistance(numbersOf(parameters.get('w')!), [0.5 - 0.105, -1 + 0.06])).to.be.below(1e-6)
    expect(numbersOf(parameters.get('c')!)[0]).to.be.closeTo(1.98, 1e-6)
  })

  it('lowers the loss, and gives parameters that the model can take', async () => {
    const trained = await retrain(mlp(), { samples, recipe, seed: 'a' })
    expect(trained.losses.at(-1)).to.be.below(0.5 * trained.losses[0]!)
    const { loss } = await runPass(withParameters(mlp(), trained.parameters), 'none', samples, {
      loss: recipe.loss,
    })
    expect(loss.reduce((sum, value) => sum + value) / count).to.be.below(trained.losses[0]! / 2)
  })

  for (const [name, model, given] of [
    [
      'a CNN',
      cnn(2),
      {
        inputs: new Map([['image', drawn('trained images', [6, 3, 6, 6], 1)]]),
        targets: tensor('int64', [6], [0, 1, 2, 3, 4, 0]),
        count: 6,
      },
    ],
    [
      'a transformer',
      smallTransformer('constants'),
      { inputs: new Map([['tokens', smallTokens]]), targets: smallTargets, count: 3 },
    ],
  ] as const)
    it(`trains ${name}`, async () => {
      const { losses } = await retrain(model, {
        samples: given,
        recipe: {
          ...recipe,
          loss: { kind: 'cross-entropy', ignoreIndex: -1 },
          optimizer: { kind: 'adamw' },
          learningRate: 0.02,
          clipNorm: 1,
        },
        seed: 'a',
      })
      expect(losses.at(-1)).to.be.below(losses[0]!)
    })

  it('trains a model of a fixed batch as one of an open batch', async () => {
    const small = { ...recipe, batch: 3, epochs: 2 }
    const [fixed, open] = await Promise.all(
      [mlp(3), mlp()].map(model => retrain(model, { samples, recipe: small, seed: 'a' })),
    )
    expect(relativeDistance(bits(fixed!), bits(open!))).to.be.below(1e-5)
  })
})

describe('Retrainer', () => {
  let retrainer: Retrainer
  before(async () => {
    retrainer = await Retrainer.open(mlp(), { recipe, session: {} })
  })
  after(() => retrainer.close())

  it('gives the same bits for the same seed, others for another', async () => {
    const [a, again, other] = await retrainer.runAll(
      samples,
      ['a', 'a', 'b'].map(seed => ({ seed })),
    )
    expect(bits(again!)).to.deep.equal(bits(a!))
    expect(bits(other!)).to.not.deep.equal(bits(a!))
  })

  it('trains on a part as if the rest did not exist', async () => {
    const kept = [1, 2, 5, 6, 7, 10]
    const part = await retrainer.run(samples, { seed: 'a', sampleWeights: only(kept) })
    const [x, y] = [numbersOf(samples.inputs.get('x')!), numbersOf(samples.targets)]
    const alone = await retrainer.run(
      {
        inputs: new Map([
          [
            'x',
            tensor(
              'float32',
              [6, 5],
              kept.flatMap(row => x.slice(5 * row, 5 * row + 5)),
            ),
          ],
        ]),
        targets: tensor(
          'int64',
          [6],
          kept.map(row => y[row]!),
        ),
        count: 6,
      },
      { seed: 'a' },
    )
    expect(bits(part)).to.deep.equal(bits(alone))
  })

  it('counts a weight of 2 as the sample twice', async () => {
    const ordered = await Retrainer.open(mlp(), {
      recipe: { ...recipe, shuffle: false, epochs: 1 },
      session: {},
    })
    const initial = mlp().graph.initializers
    const weighted = await ordered.run(samples, {
      seed: 'a',
      initial,
      sampleWeights: [2, 1, ...only([]).slice(2)],
    })
    const [x, y] = [numbersOf(samples.inputs.get('x')!), numbersOf(samples.targets)]
    const rows = [0, 0, 1]
    const twice = await ordered.run(
      {
        inputs: new Map([
          [
            'x',
            tensor(
              'float32',
              [3, 5],
              rows.flatMap(row => x.slice(5 * row, 5 * row + 5)),
            ),
          ],
        ]),
        targets: tensor(
          'int64',
          [3],
          rows.map(row => y[row]!),
        ),
        count: 3,
      },
      { seed: 'a', initial },
    )
    await ordered.close()
    expect(relativeDistance(bits(weighted), bits(twice))).to.be.below(1e-6)
  })

  it('keeps the checkpoints that are asked for', async () => {
    const trained = await retrainer.run(samples, { seed: 'a', checkpoints: [0, 3, 20] })
    expect([...trained.checkpoints.keys()]).to.deep.equal([0, 3, 20])
    expect([...trained.checkpoints.get(20)!.values()].flatMap(numbersOf)).to.deep.equal(bits(trained))
    const first = numbersOf(trained.checkpoints.get(0)!.get('fc1.weight')!)
    expect(Math.max(...first.map(Math.abs))).to.be.within(0.3, 1 / Math.sqrt(5))
  })

  it('gives the same bits on worker threads, side by side', async () => {
    const threaded = await Retrainer.open(mlp(), { recipe, session: { workers: 2 } })
    const jobs = ['a', 'b', 'c'].map(seed => ({ seed, checkpoints: [2] }))
    const epochs: number[] = []
    const apart = await threaded.runAll(
      samples,
      jobs.map((job, i) => (i === 0 ? { ...job, onEpoch: (epoch: number) => epochs.push(epoch) } : job)),
    )
    await threaded.close()
    const here = await retrainer.runAll(samples, jobs)
    expect(apart).to.deep.equal(here)
    expect(epochs).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  it('stops at a signal', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const stopping = retrainer.run(samples, {
      seed: 'a',
      signal: stop.signal,
      onEpoch: epoch => epoch === 2 && stop.abort(reason),
    })
    expect(await stopping.catch((error: unknown) => error)).to.equal(reason)
  })

  const refusals: [string, Partial<Parameters<Retrainer['run']>[1]>, string][] = [
    ['no sample', { sampleWeights: only([]) }, 'samples to train on: got none'],
    ['weights of another count', { sampleWeights: [1] }, 'sampleWeights of a retraining: got 1, expected 12'],
    ['a negative weight', { sampleWeights: [-1, ...only([]).slice(1)] }, 'sampleWeights[0]: got -1'],
    [
      'a first state of another shape',
      { initial: new Map([['fc1.bias', drawn('x', [7])]]) },
      'first state of "fc1.bias"',
    ],
  ]
  for (const [what, job, message] of refusals)
    it(`refuses ${what}`, async () => {
      const error = await retrainer.run(samples, { seed: 'a', ...job }).catch((e: unknown) => e)
      expect(error).to.be.instanceOf(OnnxEngineError)
      expect((error as Error).message).to.include(message)
    })

  it('refuses a model without parameters, or of other numbers than float32', async () => {
    const empty = new GraphBuilder('empty')
    empty.output(empty.op('Tanh', [empty.input('x', 'float32', ['B', 5])]), 'y')
    for (const [model, message] of [
      [empty.model(), 'got none'],
      [toFloat64(mlp()), '"fc1.weight" of float64'],
    ] as const) {
      const error = await Retrainer.open(model, { recipe, session: {} }).catch((e: unknown) => e)
      expect((error as OnnxEngineError).code).to.equal('UNSUPPORTED_MODEL')
      expect((error as Error).message).to.include(message)
    }
  })

  it('says when training diverges', async () => {
    const wild = await Retrainer.open(mlp(), { recipe: { ...recipe, learningRate: 3e38 }, session: {} })
    const error = await wild.run(samples, { seed: 'a' }).catch((e: unknown) => e)
    await wild.close()
    expect((error as OnnxEngineError).code).to.equal('NOT_FINITE')
  })
})
