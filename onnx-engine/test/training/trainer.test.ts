import { expect } from 'chai'
import { initialWeights } from '../../src/causalLm/initialWeights'
import { initialLora, type LoraOptions } from '../../src/causalLm/lora'
import { pack, parameterLayout } from '../../src/causalLm/parameterLayout'
import { loraTrainingModel, trainingModel } from '../../src/causalLm/trainingModel'
import { OnnxEngineError } from '../../src/errors'
import { encodeModel } from '../../src/model/encode'
import { counterBytes } from '../../src/random/counterStream'
import { batchOf, type Batch } from '../../src/training/batch'
import { Trainer, type Progress, type TrainerOptions } from '../../src/training/trainer'
import { randomBatch, tiny } from '../causalLm/tinyLm'

/** Sequences that count upwards from a random start: each token tells the next. */
function countingBatch(step: number): Batch {
  const stream = counterBytes('counting', step)
  const starts = Array.from({ length: 8 }, () => stream.below(tiny.vocabSize))
  const rows = (shift: number) =>
    starts.map(start => Array.from({ length: 6 }, (_, i) => (start + i + shift) % tiny.vocabSize))
  return batchOf(rows(0), rows(1))
}

const model = encodeModel(trainingModel(tiny))
const start = pack(parameterLayout(tiny), initialWeights(tiny, 'weights'))
const schedule = { learningRate: 0.01, warmupSteps: 5, totalSteps: 60, finalShare: 0.1 }

async function withTrainer<T>(
  options: Partial<TrainerOptions>,
  use: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const trainer = await Trainer.create({ model, start, shards: 1, schedule, ...options })
  try {
    return await use(trainer)
  } finally {
    await trainer.close()
  }
}

const trained = (options: Partial<TrainerOptions>, until: number): Promise<Float32Array> =>
  withTrainer(options, async trainer => {
    await trainer.train({ batch: countingBatch, until })
    return trainer.parameters
  })

describe('Trainer', () => {
  it('learns to count, and reports each step', async () => {
    const reports: Progress[] = []
    const { losses } = await withTrainer({}, trainer =>
      trainer.train({ batch: countingBatch, onProgress: progress => reports.push(progress) }),
    )
    expect(losses).to.have.length(60)
    expect(losses[0]).to.be.closeTo(Math.log(tiny.vocabSize), 0.1)
    expect(losses.at(-1)).to.be.below(1)
    expect(reports.map(({ loss }) => loss)).to.deep.equal(losses)
    expect(reports[7]).to.include({ step: 8, steps: 60 })
    expect(reports.every(({ tokensPerSecond }) => tokensPerSecond > 0)).to.equal(true)
  })

  it('teaches an adapter and leaves the base alone', async () => {
    const lora: LoraOptions = { rank: 4, alpha: 8, targets: ['query', 'value', 'up', 'down'] }
    const weights = initialWeights(tiny, 'weights')
    const loraModel = encodeModel(loraTrainingModel(tiny, weights, lora))
    const adapterStart = initialLora(tiny, lora, 'adapter')
    const { losses } = await withTrainer({ model: loraModel, start: adapterStart }, trainer =>
      trainer.train({ batch: countingBatch }),
    )
    expect(losses.at(-1)).to.be.below((losses[0] as number) - 0.05)
  })

  it('gives the same bits in two runs, for one shard and for two', async () => {
    for (const shards of [1, 2]) {
      expect(await trained({ shards }, 8)).to.deep.equal(await trained({ shards }, 8))
    }
  })

  it('gives nearly the same parameters for one shard, two and three', async () => {
    const one = await trained({}, 8)
    for (const shards of [2, 3]) {
      const several = await trained({ shards }, 8)
      const difference = Math.max(...several.map((x, i) => Math.abs(x - (one[i] as number))))
      expect(difference).to.be.within(0, 1e-3)
    }
  })

  it('weighs shards by their scored tokens', async () => {
    const batch = batchOf(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [2, -1, -1],
        [5, 6, 7],
      ],
    )
    const losses = await Promise.all(
      [1, 2].map(shards =>
        withTrainer({ shards }, trainer => trainer.train({ batch: () => batch, until: 1 })),
      ),
    )
    expect(losses[0]?.losses[0]).to.be.closeTo(losses[1]?.losses[0] as number, 1e-6)
  })

  it('goes on from an exported state with the bits of an uninterrupted run', async () => {
    for (const shards of [1, 2]) {
      const options = { shards, clipNorm: 0.5, adam: { weightDecay: 0.01 } }
      const whole = await withTrainer(options, async trainer => {
        await trainer.train({ batch: countingBatch, until: 12 })
        return trainer.state
      })
      const half = await withTrainer(options, async trainer => {
        await trainer.train({ batch: countingBatch, until: 5 })
        return trainer.state
      })
      const resumed = await withTrainer({ ...options, start: half }, async trainer => {
        const { losses } = await trainer.train({ batch: countingBatch, until: 12 })
        expect(losses).to.have.length(7)
        return trainer.state
      })
      expect(resumed).to.deep.equal(whole)
    }
  })

  it('keeps copies of the parameters at the steps asked for', async () => {
    await withTrainer({}, async trainer => {
      const { checkpoints } = await trainer.train({ batch: countingBatch, until: 6, checkpointsAt: [2, 6] })
      expect([...checkpoints.keys()]).to.deep.equal([2, 6])
      expect(checkpoints.get(6)).to.deep.equal(trainer.parameters)
      expect(checkpoints.get(2)).to.deep.equal(await trained({}, 2))
    })
  })

  it('scales a long gradient down to the limit', async () => {
    const batch = () => randomBatch(4, 6, 'clip')
    const momentum = (clipNorm: number) =>
      withTrainer({ clipNorm }, async trainer => {
        await trainer.train({ batch, until: 1 })
        return Math.hypot(...trainer.state.m)
      })
    // After one step the first moment is (1 - beta1) times the scaled gradient.
    expect(await momentum(1e-3)).to.be.closeTo(0.1 * 1e-3, 1e-8)
    expect(await momentum(1e6)).to.be.above(0.1 * 1e-2)
  })

  it('stops at an abort with its reason and keeps the last complete step', async () => {
    const stop = new AbortController()
    await withTrainer({}, async trainer => {
      const reason = new Error('enough')
      const outcome: unknown = await trainer
        .train({
          batch: countingBatch,
          signal: stop.signal,
          onProgress: ({ step }) => step === 3 && stop.abort(reason),
        })
        .catch((error: unknown) => error)
      expect(outcome).to.equal(reason)
      expect(trainer.state.step).to.equal(3)
      expect(trainer.parameters).to.deep.equal(await trained({}, 3))
    })
  })

  it('stops with NOT_FINITE when training diverges', async () => {
    const broken = start.slice().fill(NaN, 0, 10)
    await withTrainer({ start: broken }, async trainer => {
      const outcome: unknown = await trainer
        .train({ batch: () => batchOf([[0, 1]], [[1, 2]]), until: 1 })
        .catch((error: unknown) => error)
      expect(outcome).to.be.instanceOf(OnnxEngineError)
      expect((outcome as OnnxEngineError).code).to.equal('NOT_FINITE')
      expect(trainer.state.step).to.equal(0)
    })
  })
})
