import { expect } from 'chai'
import type { Model } from '../../src/index'
import {
  GraphBuilder,
  OnnxEngineError,
  crossEntropy,
  decodeModel,
  encodeModel,
  featureGraph,
  gradients,
  int,
  numbersOf,
  projection,
  tensor,
  toFloat64,
} from '../../src/index'
import { sample } from '../graph/checkGradients'
import { forwardModel } from '../../src/causalLm/forwardModel'
import { initialWeights } from '../../src/causalLm/initialWeights'
import { openModel, runModel } from '../runModel'
import { small, smallTargets, smallTokens, smallTransformer } from '../smallTransformer'

const k = 3
const options = { projection: k, seed: 'test', labels: 'targets' } as const
const feeds = { tokens: smallTokens, targets: smallTargets }

/** The features as the definition says: the gradient of each sample's weight, then P_inᵀ·G·P_out, in JavaScript. */
async function explicitFeatures(
  forward: Model,
  layers: readonly { name: string }[],
  shareInput: Map<string, string>,
) {
  const builder = GraphBuilder.from(forward.graph, { float: 'float64' })
  const targets = builder.input('targets', 'int64', ['B', 'T'])
  const { total } = crossEntropy(builder, builder.value('logits'), targets)
  const weights = layers.map(layer => builder.value(`${layer.name}.weight`))
  const found = gradients(builder, total, weights)
  builder.clearOutputs()
  found.forEach((gradient, i) => builder.output(gradient, `d ${layers[i]!.name}`))
  const model = builder.model()
  const samples: number[][] = []
  for (let b = 0; b < 3; b++) {
    const row = (t: typeof smallTokens) => tensor('int64', [1, 5], numbersOf(t).slice(5 * b, 5 * b + 5))
    const result = await runModel(model, { tokens: row(smallTokens), targets: row(smallTargets) })
    samples.push(
      layers.flatMap(({ name }) => {
        const gradient = result[`d ${name}`]!
        const [rows, columns] = gradient.dims as [number, number]
        const side = (layer: string, which: 'in' | 'out', width: number) =>
          numbersOf(projection({ seed: 'test', layer, side: which }, width, k, 'float64'))
        const left = side(shareInput.get(name) ?? name, 'in', rows)
        const right = side(name, 'out', columns)
        const g = numbersOf(gradient)
        return Array.from({ length: k * k }, (_, entry) => {
          const [p, q] = [Math.floor(entry / k), entry % k]
          let sum = 0
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < columns; j++)
              sum += left[i * k + p]! * g[i * columns + j]! * right[j * k + q]!
          return sum
        })
      }),
    )
  }
  return samples.flat()
}

const sharedInputs = new Map(
  [0, 1].flatMap(i => ['key', 'value'].map(name => [`layers.${i}.${name}`, `layers.${i}.query`] as const)),
)

const relativeError = (values: number[], exact: number[]): number =>
  Math.max(...values.map((value, i) => Math.abs(value - exact[i]!))) / Math.max(...exact.map(Math.abs))

describe('featureGraph', () => {
  it('finds every linear layer of a transformer, in order', () => {
    const { layers, dims } = featureGraph(smallTransformer('constants'), options)
    const names = [0, 1].flatMap(i =>
      ['query', 'key', 'value', 'output', 'up', 'down'].map(name => `layers.${i}.${name}`),
    )
    expect(layers.map(layer => layer.name)).to.deep.equal([...names, 'head'])
    expect(layers[4]).to.deep.equal({
      name: 'layers.0.up',
      inWidth: small.width,
      outWidth: small.mlp,
      dims: 9,
    })
    expect(dims).to.equal(13 * 9)
  })

  it('gives the projections of explicitly computed gradients of each sample', async () => {
    const twin = toFloat64(smallTransformer('constants'))
    const { model, layers } = featureGraph(twin, options)
    const { features, loss, tokens_scored } = await runModel(model, feeds)
    const explicit = await explicitFeatures(twin, layers, sharedInputs)
    expect(relativeError(numbersOf(features!), explicit)).to.be.below(1e-12)
    expect(loss!.dims).to.deep.equal([3])
    expect(numbersOf(tokens_scored!)).to.deep.equal([5, 4, 3])
  })

  it('in float32 agrees with float64', async () => {
    const forward = smallTransformer('constants')
    const narrow = await runModel(featureGraph(forward, options).model, feeds, 'all')
    const wide = await runModel(featureGraph(toFloat64(forward), options).model, feeds)
    expect(relativeError(numbersOf(narrow['features']!), numbersOf(wide['features']!))).to.be.below(1e-5)
    expect(relativeError(numbersOf(narrow['loss']!), numbersOf(wide['loss']!))).to.be.below(1e-5)
  })

  it('gives one sample the same bits alone and in a batch, at widths that fill the vector registers', async () => {
    const config = { vocabSize: 64, width: 16, layers: 2, heads: 4, mlpWidth: 32, contextLength: 8 }
    const { model, dims } = featureGraph(forwardModel(config, initialWeights(config, 'test')), options)
    const [batch, length] = [5, 8]
    const ids = (factor: number): number[] =>
      Array.from({ length: batch * length }, (_, i) => (i * factor) % 64)
    const rows = (from: number, to: number) => {
      const of = (factor: number) =>
        tensor('int64', [to - from, length], ids(factor).slice(from * length, to * length))
      return { tokens: of(7), targets: of(11) }
    }
    const session = await openModel(model, 'all')
    const whole = numbersOf((await session.run(rows(0, batch)))['features']!)
    const alone = numbersOf((await session.run(rows(3, 4)))['features']!)
    await session.close()
    expect(alone).to.deep.equal(whole.slice(3 * dims, 4 * dims))
  })

  it('with sampled labels equals the features of those labels given as targets', async () => {
    const twin = toFloat64(smallTransformer('constants'))
    const sampled = featureGraph(twin, { ...options, labels: 'sampled' }).model
    const uniforms = tensor('float64', [3, 5], numbersOf(sample([3, 5], 0, 1, 5)))
    const result = await runModel(sampled, { ...feeds, uniforms })
    const logits = numbersOf((await runModel(twin, { tokens: smallTokens }))['logits']!)
    const labels = numbersOf(smallTargets).map((target, token) => {
      const weights = logits.slice(token * small.vocab, (token + 1) * small.vocab).map(Math.exp)
      let rest = numbersOf(uniforms)[token]! * weights.reduce((x, y) => x + y)
      return target < 0 ? -1 : weights.findIndex(weight => (rest -= weight) < 0)
    })
    const given = await runModel(featureGraph(twin, options).model, {
      tokens: smallTokens,
      targets: tensor('int64', [3, 5], labels),
    })
    expect(relativeError(numbersOf(result['features']!), numbersOf(given['features']!))).to.be.below(1e-12)
    const truth = await runModel(featureGraph(twin, options).model, feeds)
    expect(relativeError(numbersOf(result['loss']!), numbersOf(truth['loss']!))).to.be.below(1e-12)
    expect(labels).to.not.deep.equal(numbersOf(smallTargets))
  })

  it('works on a model read from bytes that was exported in another manner: Gemm over flattened rows, Transpose', async () => {
    const b = new GraphBuilder('exported')
    const tokens = b.input('tokens', 'int64', ['batch', 'sequence'])
    const embedded = b.gather(b.initializer('embedding', sample([7, 4])), tokens)
    const rows = b.reshape(embedded, [-1, 4])
    const [weight, bias] = [b.initializer('up.weight', sample([6, 4])), b.initializer('up.bias', sample([6]))]
    const raised = b.op('Relu', [b.op('Gemm', [rows, weight, bias], { transB: int(1) })])
    const shape = b.concat([b.shape(tokens), b.shapeConstant([6])], 0)
    const back = b.op('Reshape', [raised, shape])
    b.output(b.matMul(back, b.transpose(b.initializer('head.weight', sample([7, 6])), [1, 0])), 'logits')
    const model = toFloat64(decodeModel(encodeModel(b.model())))
    const { model: features, layers } = featureGraph(model, options)
    expect(layers.map(layer => [layer.name, layer.inWidth, layer.outWidth])).to.deep.equal([
      ['up', 4, 6],
      ['head', 6, 7],
    ])
    const limited = {
      tokens: tensor(
        'int64',
        [3, 5],
        numbersOf(smallTokens).map(t => t % 7),
      ),
      targets: feeds.targets,
    }
    const seven = tensor(
      'int64',
      [3, 5],
      numbersOf(limited.targets).map(t => (t < 0 ? t : t % 7)),
    )
    const result = await runModel(features, { tokens: limited.tokens, targets: seven })
    const perSample = await Promise.all(
      [0, 1, 2].map(async i => {
        const row = (t: typeof seven) => tensor('int64', [1, 5], numbersOf(t).slice(5 * i, 5 * i + 5))
        return numbersOf(
          (await runModel(features, { tokens: row(limited.tokens), targets: row(seven) }))['features']!,
        )
      }),
    )
    expect(relativeError(numbersOf(result['features']!), perSample.flat())).to.be.below(1e-12)
  })

  it('is deterministic to the byte, and depends on the seed', () => {
    const bytes = (seed: string) =>
      encodeModel(featureGraph(smallTransformer('constants'), { ...options, seed }).model)
    expect(bytes('a')).to.deep.equal(bytes('a'))
    expect(bytes('a')).to.not.deep.equal(bytes('b'))
  })

  it('names what it cannot use', () => {
    const b = new GraphBuilder('no logits')
    b.output(b.input('pixels', 'float32', ['B', 4]), 'y')
    expect(() => featureGraph(b.model(), options))
      .to.throw(OnnxEngineError, 'pixels [B,4]')
      .with.property('code', 'UNSUPPORTED_MODEL')
  })
})
