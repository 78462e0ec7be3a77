import { readFileSync } from 'node:fs'
import { GradientPass, readModelFile, Retrainer, type Model, type Samples } from '@open-datanets/onnx-engine'
import type { Table } from '../table'
import type { GroundTruth } from './arrays'
import { barred, rounded } from './bar'
import { digitsJob, mlpCheckpoints, usage } from './digits'
import { labelled } from './gradients'
import { column, type Matrix } from './scorer'

const REMOVED = 100
const SEEDS = [700, 701, 702]
const WORKERS = 4
const RECIPE = {
  loss: { kind: 'cross-entropy' },
  optimizer: { kind: 'sgd', momentum: 0.9 },
  learningRate: 0.05,
  weightDecay: 5e-4,
  batch: 50,
  epochs: 40,
} as const

interface Recorded {
  readonly tests: readonly number[]
  readonly results: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>
}

/** For 40 queries the 100 most helpful of 1,000 samples are removed and three models trained again: does it flip? */
export async function brittleness(truth: GroundTruth): Promise<Table> {
  const { tests, results } = JSON.parse(
    readFileSync(truth.file('digits-mlp/brittleness.json'), 'utf8'),
  ) as Recorded
  const model = truth.file('digits-mlp/model_full0.onnx')
  const checkpoints = mlpCheckpoints(truth.file('digits-mlp/ckpt_traj10.npy'))
  const { scores } = await usage(digitsJob(truth, { model, method: 'dual-margin-ggn', checkpoints }))
  const found = barred(
    {
      method: 'dual-margin-ggn, 10 runs x 5',
      by: 'here',
      flipped: rounded(await flipped(truth, await readModelFile(model), tests, scores)),
    },
    { flipped: 0.6 },
  )
  const recorded = ['random', 'Grad-Dot', 'LoGra emp k=32', 'TRAK-50'].map(method => ({
    method,
    by: 'reference',
    flipped: results[method]![String(REMOVED)]![0],
  }))
  return {
    title: `brittleness: share of ${tests.length} predictions that flip without the top ${REMOVED}`,
    rows: [...recorded, found.row],
    missed: found.missed,
  }
}

async function flipped(
  truth: GroundTruth,
  model: Model,
  tests: readonly number[],
  scores: Matrix,
): Promise<number> {
  const train = labelled(await truth.matrix('digits_Xtr'), await truth.numbers('digits_ytr'))
  const queryLabels = await truth.numbers('digits_yte')
  const query = labelled(await truth.matrix('digits_Xte'), queryLabels)
  const retrainer = await Retrainer.open(model, { recipe: RECIPE, session: { workers: WORKERS } })
  const pass = await GradientPass.open(model, {
    loss: RECIPE.loss,
    direction: 'loss',
    want: 'none',
    weights: 'inputs',
    batch: query.count,
    session: {},
  })
  try {
    const flips = await inParallel(tests, WORKERS, async test => {
      const kept = withoutTop(column(scores, test))
      const mean = new Float64Array(10)
      for (const seed of SEEDS) {
        const { parameters } = await retrainer.run(train, { seed: String(seed), sampleWeights: kept })
        const { outputs } = await pass.run(one(query, test), { weights: parameters })
        softmax(Array.from(outputs.data, Number)).forEach((p, k) => (mean[k]! += p / SEEDS.length))
      }
      return mean.indexOf(Math.max(...mean)) === queryLabels[test] ? 0 : 1
    })
    return flips.reduce<number>((sum, flip) => sum + flip, 0) / tests.length
  } finally {
    await retrainer.close()
    await pass.close()
  }
}

/** 0 for the most helpful rows, 1 for the others. */
function withoutTop(scores: Float64Array): Float64Array {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!)
  const kept = new Float64Array(scores.length).fill(1)
  for (const row of order.slice(0, REMOVED)) kept[row] = 0
  return kept
}

function one({ inputs, targets }: Samples, row: number): Samples {
  const x = inputs.get('')!
  const width = x.dims[1]!
  return {
    inputs: new Map([['', { ...x, dims: [1, width], data: x.data.slice(row * width, (row + 1) * width) }]]),
    targets: { ...targets, dims: [1], data: targets.data.slice(row, row + 1) },
    count: 1,
  }
}

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits)
  const exponents = logits.map(logit => Math.exp(logit - top))
  const total = exponents.reduce((sum, value) => sum + value, 0)
  return exponents.map(value => value / total)
}

/** At most `width` at a time; results in the order of the items. */
async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
