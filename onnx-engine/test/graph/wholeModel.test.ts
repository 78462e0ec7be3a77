import { expect } from 'chai'
import { GraphBuilder, crossEntropy, gradients, numbersOf, toFloat64 } from '../../src/index'
import { openModel, runModel } from '../runModel'
import { small, smallTargets, smallTokens, smallTransformer, smallWeights } from '../smallTransformer'
import { checkGradients } from './checkGradients'

function lossModel() {
  const forward = smallTransformer('inputs')
  const builder = GraphBuilder.from(forward.graph)
  const targets = builder.input('targets', 'int64', ['B', 'T'])
  builder.clearOutputs()
  const { total, perSample, perToken, count } = crossEntropy(builder, builder.value('logits'), targets)
  builder.output(total, 'total')
  builder.output(perSample, 'perSample')
  builder.output(perToken, 'perToken')
  builder.output(count, 'count')
  return builder
}

const feeds = () => ({ tokens: smallTokens, targets: smallTargets, ...Object.fromEntries(smallWeights()) })

describe('gradients of a whole transformer', () => {
  it('agree with central differences for every weight', async () => {
    const { error, magnitudes } = await checkGradients(lossModel().model(), 'total', feeds(), 1e-3)
    expect(error).to.be.below(1e-7)
    expect(Math.min(...magnitudes)).to.be.above(1e-3)
  })

  it('in float32 agree with float64', async () => {
    const gradientModel = (builder: GraphBuilder) => {
      const weights = [...smallWeights().keys()].map(name => builder.value(name))
      const found = gradients(builder, builder.value('total'), weights)
      builder.clearOutputs()
      found.forEach((gradient, i) => builder.output(gradient, `d ${weights[i]!.name}`))
      return builder.model()
    }
    const narrow = await runModel(gradientModel(lossModel()), feeds(), 'all')
    const twin = GraphBuilder.from(toFloat64(lossModel().model()).graph, { float: 'float64' })
    const wideFeeds = Object.fromEntries(
      Object.entries(feeds()).map(([name, t]) => [
        name,
        t.dtype === 'float32'
          ? { ...t, dtype: 'float64' as const, data: Float64Array.from(numbersOf(t)) }
          : t,
      ]),
    )
    const wide = await runModel(gradientModel(twin), wideFeeds)
    for (const name of Object.keys(wide)) {
      const exact = numbersOf(wide[name]!)
      const largest = Math.max(...exact.map(Math.abs))
      const error = Math.max(...numbersOf(narrow[name]!).map((value, i) => Math.abs(value - exact[i]!)))
      expect(error / largest, name).to.be.below(1e-5)
    }
  })

  it('cost no one-hot array: the loss reaches the logits by one scatter', () => {
    const builder = lossModel()
    const before = builder.nodes.length
    gradients(builder, builder.value('total'), [builder.value('logits')])
    const added = builder.nodes.slice(before).map(node => node.opType)
    expect(added.filter(op => op === 'ScatterElements')).to.have.length(1)
    expect(added).to.include('Exp').and.not.include('OneHot').and.not.include('ConstantOfShape')
  })
})

describe('crossEntropy', () => {
  it('is minus the log-probability of each target, and nothing where the target is ignored', async () => {
    const forward = await runModel(smallTransformer('constants'), { tokens: smallTokens })
    const logits = numbersOf(forward['logits']!)
    const expected = numbersOf(smallTargets).map((target, token) => {
      const row = logits.slice(token * small.vocab, (token + 1) * small.vocab)
      const logSum = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
      return target < 0 ? 0 : logSum - row[target]!
    })
    const session = await openModel(lossModel().model(), 'all')
    const result = await session.run(feeds())
    await session.close()
    numbersOf(result['perToken']!).forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-5))
    const sums = [0, 1, 2].map(b => expected.slice(5 * b, 5 * b + 5).reduce((x, y) => x + y))
    numbersOf(result['perSample']!).forEach((value, i) => expect(value).to.be.closeTo(sums[i]!, 1e-5))
    expect(numbersOf(result['total']!)[0]).to.be.closeTo(sums[0]! + sums[1]! + sums[2]!, 1e-5)
    expect(numbersOf(result['count']!)).to.deep.equal([12])
  })
})
