import {
  Adam,
  DirectSession,
  encodeModel,
  initialLora,
  initialWeights,
  LINEARS,
  loraTrainingModel,
  pack,
  parameterLayout,
  Trainer,
  trainingModel,
  type CausalLmConfig,
  type Model,
} from '@open-datanets/onnx-engine'
import type { Bench } from './bench'
import { matMulCeiling, shareOfCeiling, type Ceiling } from './ceiling'
import { gemmFlops } from './gemmFlops'
import { BATCH, CONTEXT, languageModel, randomBatch } from './languageModel'
import { pairedRatio, percent, spreadOf, takeTurns } from './measure'
import type { Row } from './table'

/** A short step needs more of them before the host's small part of it shows. */
const STEPS = [
  { width: 128, rounds: 61, bar: '>= 55 %; host <= 5 %' },
  { width: 256, rounds: 31, bar: 'host <= 5 %' },
  { width: 512, rounds: 11, bar: '>= 85 %; host <= 5 %' },
]
const LORA = { rank: 8, alpha: 16, targets: LINEARS }

export const training: Bench = {
  name: 'training',
  claim:
    'a LoRA step runs at >= 55 % of a MatMul-1024 at width 128, >= 85 % at 512; optimizer and host take <= 5 % of it',
  run: async () => {
    const ceiling = await matMulCeiling()
    const rows: Row[] = []
    for (const { width, rounds, bar } of STEPS) {
      const config = languageModel(width)
      rows.push(await measured(ceiling, `full, width ${width}`, fullStep(config), rounds))
      const lora = await measured(ceiling, `LoRA r=${LORA.rank}, width ${width}`, loraStep(config), rounds)
      rows.push({ ...lora, bar })
    }
    await ceiling.close()
    return [
      {
        title: `Training step, 2 layers, batch ${BATCH} x ${CONTEXT} tokens, one thread`,
        rows,
        notes: [
          'Share: the gradient graph alone, alternated with the ceiling. Host: 1 - graph / whole trainer step, alternated',
          '(copies to and from the worker, clipping, Adam). Below zero = less than the noise between two sessions.',
        ],
      },
    ]
  },
}

interface Step {
  model: Model
  start: Float32Array
}

function fullStep(config: CausalLmConfig): Step {
  return {
    model: trainingModel(config),
    start: pack(parameterLayout(config), initialWeights(config, 'bench')),
  }
}

function loraStep(config: CausalLmConfig): Step {
  return {
    model: loraTrainingModel(config, initialWeights(config, 'bench'), LORA),
    start: initialLora(config, LORA, 'bench'),
  }
}

async function measured(
  ceiling: Ceiling,
  name: string,
  { model, start }: Step,
  rounds: number,
): Promise<Row> {
  const bytes = encodeModel(model)
  const batch = randomBatch(BATCH)
  const session = await DirectSession.create({ model: bytes })
  const parameters = { dtype: 'float32', dims: [start.length], data: start } as const
  const graph = (): Promise<unknown> => session.run({ parameters, ...batch })
  const { milliseconds, gflops, share } = await shareOfCeiling(
    ceiling,
    gemmFlops(model, { B: BATCH, T: CONTEXT }),
    graph,
    rounds,
  )

  const schedule = { learningRate: 1e-3, warmupSteps: 0, totalSteps: 1000, finalShare: 1 }
  const trainer = await Trainer.create({ model: bytes, start, shards: 1, schedule, clipNorm: 1 })
  let until = 0
  const adam = new Adam(start.length)
  const [moved, gradient] = [start.slice(), start.slice()]
  const turns = await takeTurns(rounds, {
    graph,
    step: () => trainer.train({ batch: () => batch, until: ++until }),
    adam: () => adam.update(moved, gradient, 1e-3),
  })
  await trainer.close()
  await session.close()
  const inGraph = pairedRatio(turns.graph, turns.step)
  return {
    step: name,
    parameters: start.length,
    'graph ms': milliseconds.median,
    'GFLOP/s': gflops,
    'share of the ceiling (min-max)': percent(share),
    'tokens/s, whole step': (1000 * BATCH * CONTEXT) / spreadOf(turns.step).median,
    'host share (min-max)': percent({
      median: 1 - inGraph.median,
      min: 1 - inGraph.max,
      max: 1 - inGraph.min,
    }),
    'Adam ms': spreadOf(turns.adam).median,
  }
}
