import { expect } from 'chai'
import { forwardModel } from '../../src/causalLm/forwardModel'
import type { Linear } from '../../src/causalLm/linears'
import { mergeLora, unpackLora } from '../../src/causalLm/lora'
import { loraLayout, parameterLayout, unpack, type ParameterLayout } from '../../src/causalLm/parameterLayout'
import { loraTrainingModel, trainingModel } from '../../src/causalLm/trainingModel'
import { toFloat64 } from '../../src/graph/float64/twin'
import { encodeModel } from '../../src/model/encode'
import type { Model, Tensor } from '../../src/model/types'
import { DirectSession } from '../../src/session/directSession'
import type { Batch } from '../../src/training/batch'
import { batchOf } from '../../src/training/batch'
import { livelyLora, livelyParameters, livelyWeights } from './livelyWeights'
import { randomBatch, tiny } from './tinyLm'

interface Step {
  readonly loss: number
  readonly count: number
  readonly gradient: ArrayLike<number>
}

async function openStep(model: Model, dtype: 'float32' | 'float64') {
  const optimization = dtype === 'float64' ? 'basic' : 'all'
  const session = await DirectSession.create({ model: encodeModel(model), optimization })
  const step = async (parameters: ArrayLike<number>, batch: Batch): Promise<Step> => {
    const data = dtype === 'float64' ? Float64Array.from(parameters) : Float32Array.from(parameters)
    const outputs = await session.run({ parameters: { dtype, dims: [data.length], data }, ...batch })
    const numbers = (tensor: Tensor | undefined) => tensor?.data as Float64Array
    const [loss, count] = [numbers(outputs.loss)[0] as number, numbers(outputs.count)[0] as number]
    return { loss, count, gradient: numbers(outputs.gradient) }
  }
  return { step, close: () => session.close() }
}

/** Compares some entries of every tensor with central differences; errors are relative to the tensor's largest entry. */
async function checkGradient(
  layout: ParameterLayout,
  model: Model,
  parameters: Float64Array,
  batch: Batch,
): Promise<void> {
  const { step, close } = await openStep(model, 'float64')
  const { gradient } = await step(parameters, batch)
  const lossAt = async (index: number, shift: number): Promise<number> => {
    const shifted = parameters.slice()
    shifted[index] = (shifted[index] as number) + shift
    return (await step(shifted, batch)).loss
  }
  for (const { name, dims, offset } of layout) {
    const size = dims.reduce((product, dim) => product * dim, 1)
    const entries = Array.from({ length: size }, (_, i) => gradient[offset + i] as number)
    const largest = Math.max(...entries.map(Math.abs))
    expect(largest, `${name} has a gradient`).to.be.above(1e-6)
    const h = 1e-4
    for (let i = 0; i < size; i += Math.ceil(size / 7)) {
      const at = (shift: number) => lossAt(offset + i, shift)
      // Five points: the error is of the order h^4.
      const difference =
        (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h)
      expect(Math.abs((entries[i] as number) - difference) / largest, `${name}[${i}]`).to.be.at.most(1e-7)
    }
  }
  await close()
}

describe('trainingModel', () => {
  const parameters = livelyParameters('weights')
  const batch = randomBatch(3, 5, 'batch')

  it('gives the gradient of central differences in float64', async () => {
    const model = toFloat64(trainingModel(tiny))
    await checkGradient(parameterLayout(tiny), model, Float64Array.from(parameters), batch)
  })

  it('agrees in float32 with float64', async () => {
    const [single, double] = [
      await openStep(trainingModel(tiny), 'float32'),
      await openStep(toFloat64(trainingModel(tiny)), 'float64'),
    ]
    const [rough, exact] = [await single.step(parameters, batch), await double.step(parameters, batch)]
    const exactGradient = Array.from(exact.gradient)
    const largest = Math.max(...exactGradient.map(Math.abs))
    expect(rough.loss).to.be.closeTo(exact.loss, 1e-5 * exact.loss)
    exactGradient.forEach((x, i) =>
      expect(Math.abs((rough.gradient[i] as number) - x) / largest, `entry ${i}`).to.be.at.most(1e-5),
    )
    await Promise.all([single.close(), double.close()])
  })

  it('gives the mean cross-entropy of the forward graph over the scored tokens, and their count', async () => {
    const { step, close } = await openStep(trainingModel(tiny), 'float32')
    const { loss, count } = await step(parameters, batch)
    const model = forwardModel(tiny, unpack(parameterLayout(tiny), parameters))
    const forward = await DirectSession.create({ model: encodeModel(model) })
    const logits = (await forward.run({ tokens: batch.tokens })).logits?.data as Float32Array
    let [sum, scored] = [0, 0]
    for (const [row, target] of (batch.targets.data as BigInt64Array).entries()) {
      if (target < 0n) continue
      const scores = [...logits.subarray(row * tiny.vocabSize, (row + 1) * tiny.vocabSize)]
      sum +=
        Math.log(scores.reduce((total, x) => total + Math.exp(x), 0)) - (scores[Number(target)] as number)
      scored++
    }
    expect(scored).to.be.within(1, 14)
    expect(count).to.equal(scored)
    expect(loss).to.be.closeTo(sum / scored, 1e-5)
    await Promise.all([close(), forward.close()])
  })

  it('gives zeros when no token is scored', async () => {
    const { step, close } = await openStep(trainingModel(tiny), 'float32')
    const nothing = batchOf([[1, 2, 3]], [[-1, -1, -1]])
    const { loss, count, gradient } = await step(parameters, nothing)
    expect([loss, count]).to.deep.equal([0, 0])
    expect(Array.from(gradient).every(x => x === 0)).to.equal(true)
    await close()
  })

  it('is causal: later tokens do not change the loss of earlier ones', async () => {
    const { step, close } = await openStep(trainingModel(tiny), 'float32')
    const scored = [[4, 5, -1, -1, -1]]
    const left = await step(parameters, batchOf([[1, 2, 3, 4, 5]], scored))
    const right = await step(parameters, batchOf([[1, 2, 9, 0, 7]], scored))
    expect(left.loss).to.equal(right.loss)
    await close()
  })
})

describe('loraTrainingModel', () => {
  const weights = livelyWeights('weights')
  const targets: Linear[] = ['query', 'value', 'down']
  const lora = { rank: 2, alpha: 6, targets }
  const batch = randomBatch(3, 5, 'batch')

  it('gives the gradient of central differences in float64', async () => {
    const model = toFloat64(loraTrainingModel(tiny, weights, lora))
    const parameters = Float64Array.from(livelyLora(lora, 'adapter'))
    await checkGradient(loraLayout(tiny, lora), model, parameters, batch)
  })

  it('gives the loss of the merged weights', async () => {
    const packed = livelyLora(lora, 'adapter')
    const adapted = await openStep(loraTrainingModel(tiny, weights, lora), 'float32')
    const full = await openStep(trainingModel(tiny), 'float32')
    const merged = mergeLora(tiny, weights, unpackLora(tiny, lora, packed))
    const mergedParameters = parameterLayout(tiny).flatMap(({ name }) =>
      [...(merged.get(name)?.data ?? [])].map(Number),
    )
    const [left, right, base] = [
      await adapted.step(packed, batch),
      await full.step(mergedParameters, batch),
      await full.step(livelyParameters('weights'), batch),
    ]
    expect(left.loss).to.be.closeTo(right.loss, 1e-5)
    expect(Math.abs(left.loss - base.loss)).to.be.above(1e-3)
    await Promise.all([adapted.close(), full.close()])
  })
})
