import { expect } from 'chai'
import type { Model, Samples, Tensor } from '../../src/index'
import { GraphBuilder, checkGradients } from '../../src/index'
import {
  convolutionalNetwork,
  multiLayerPerceptron,
  sequencePerceptron,
  waveNetwork,
} from '../graph/exported/feedForward'
import { gruCell, lstmCell } from '../graph/exported/recurrent'
import { decomposedTransformer, fusedEncoder, rotaryTransformer } from '../graph/exported/transformers'
import type { OperatorCase } from '../graph/operators/operatorCase'
import { runModel } from '../runModel'
import { drawn } from './exportedModels'
import { relativeDistance, runPass, storedGradients, weightGradients } from './explicit'

const loss = { kind: 'mean-squared-error' } as const

/** The weights of a case as initializers; what has symbolic dims is an input. */
function modelOf({ inputs, dims, build, opset }: OperatorCase): {
  model: Model
  inputs: Map<string, Tensor>
} {
  const b = new GraphBuilder('exported', opset === undefined ? {} : { opset })
  const fed = new Map(Object.entries(inputs).filter(([name]) => dims?.[name] !== undefined))
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [
      name,
      fed.has(name) ? b.input(name, t.dtype, dims![name]!) : b.initializer(name, t),
    ]),
  )
  b.output(build(b, values), 'result')
  return { model: b.model(), inputs: fed }
}

async function samplesOf({ model, inputs }: ReturnType<typeof modelOf>): Promise<Samples> {
  const { result } = await runModel(model, Object.fromEntries(inputs))
  return { inputs, targets: drawn('targets', result!.dims, 1), count: result!.dims[0]! }
}

/** By weight: the sum over all layers that use it, groups of a convolution apart. */
function byWeight(names: readonly string[], gradients: readonly number[][][]): Map<string, number[]> {
  const sums = new Map<string, number[]>()
  names.forEach((name, i) => {
    const flat = gradients[i]!.flat()
    const sum = sums.get(name)
    sums.set(name, sum ? sum.map((value, j) => value + flat[j]!) : flat)
  })
  return sums
}

const models: Record<string, (seed: number) => OperatorCase> = {
  'an MLP': multiLayerPerceptron,
  'an MLP over sequences': sequencePerceptron,
  'a CNN': convolutionalNetwork,
  'a 1-D CNN of a symbolic length': waveNetwork,
  'a GRU cell over time': gruCell,
  'an LSTM cell over time': lstmCell,
  'a causal transformer whose table is its head, too': decomposedTransformer,
  'a transformer with rotary positions': rotaryTransformer,
  'an encoder with fused norms': fusedEncoder,
}

describe('passes over models as PyTorch exports them', () => {
  for (const [name, build] of Object.entries(models))
    describe(name, () => {
      const made = modelOf(build(11))
      const isTable = (weight: string): boolean =>
        made.model.graph.nodes.some(node => node.opType === 'Gather' && node.inputs[0] === weight)

      it('codes of all layers of a weight add up to its gradient', async () => {
        const samples = await samplesOf(made)
        const codes = await runPass(made.model, 'codes', samples, { loss })
        const stored = await runPass(made.model, 'per-sample', samples, { loss })
        const keys = codes.layers.map(({ layer }) => `${layer.weight} ${/\/\d+/.exec(layer.name)?.[0] ?? ''}`)
        const explicit = byWeight(
          keys,
          codes.layers.map((_, i) => weightGradients(codes, i, samples.count)),
        )
        expect(explicit.size).to.be.above(0)
        codes.layers.forEach(({ layer }, i) => {
          if (isTable(layer.weight)) return
          const expected = storedGradients(stored, codes, i, samples.count).flat()
          expect(relativeDistance(explicit.get(keys[i]!)!, expected), layer.name).to.be.below(2e-6)
        })
      })

      it('every weight has the gradient of central differences', async () => {
        const { parameters } = await checkGradients(made.model, await samplesOf(made), {
          ...{ loss, seed: 'x', entries: 1, tolerance: 1e-7, tolerance32: 1e-5 },
        })
        expect(parameters.filter(parameter => !parameter.passes)).to.deep.equal([])
        const weights = [...made.model.graph.initializers.keys()].filter(
          weight => !/^constant|running_|inv_freq/.test(weight),
        )
        expect(parameters.map(parameter => parameter.name)).to.deep.equal(weights)
      })
    })

  it('gives a sample the same results in a batch and alone', async () => {
    const made = modelOf(decomposedTransformer(11))
    const samples = await samplesOf(made)
    const [together, alone] = await Promise.all(
      [2, 1].map(batch =>
        runPass(made.model, 'features', samples, { loss, batch, projection: { k: 3, seed: 's' } }),
      ),
    )
    expect(relativeDistance(alone!.features!, together!.features!)).to.be.below(1e-5)
    expect(relativeDistance(alone!.loss, together!.loss)).to.be.below(1e-5)
  })
})
