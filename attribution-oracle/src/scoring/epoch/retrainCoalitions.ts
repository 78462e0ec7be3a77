import {
  type Batch,
  Tokenizer,
  Trainer,
  batchOf,
  counterBytes,
  encodeModel,
  forwardModel,
  initialWeights,
  pack,
  parameterLayout,
  trainingModel,
  unpack,
} from '@open-datanets/onnx-engine'
import type { Progress, TrainingRecipe } from '../../domain'
import { asFault } from './leftOut'
import { lossesOf } from './losses'
import { type Window, windowsOf } from './windows'

export interface RetrainInput {
  /** Hugging Face tokenizer.json of the model whose training is repeated */
  readonly tokenizer: string
  readonly recipe: TrainingRecipe
  /** [players]: the files of each contributor, in the order of their commits */
  readonly files: readonly (readonly Uint8Array[])[]
  readonly heldOut: readonly Uint8Array[]
  /** uint8 [coalitions, players], 1: takes part */
  readonly members: Uint8Array
  readonly workers: number
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

/**
 * The held-out loss of a model trained on the files of some contributors alone, for each coalition of them: nats per
 * token, float64 [coalitions]. Every training has the recipe's own steps and initial weights, as if the others had
 * never contributed; without any files the model stays as it began. The tokenizer is the same for all. Equal coalitions
 * are trained once. The price is one training of the reference model per coalition.
 * @throws AttributionOracleError ABORTED, SCORING_FAILED
 */
export async function coalitionLosses(input: RetrainInput): Promise<Float64Array> {
  const { files, members, recipe, workers, signal } = input
  const players = files.length
  const count = members.length / Math.max(1, players)
  const corpus = windowsOfAll(input)
  const keys = Array.from({ length: count }, (_, index) =>
    members.subarray(index * players, (index + 1) * players).join(''),
  )
  const distinct = [...new Set(keys)]
  const losses = new Map<string, number>()
  const waiting = [...distinct]
  const lane = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const chosen = [...key].flatMap((part, player) => (part === '1' ? (corpus.files[player] ?? []) : []))
      losses.set(key, await lossWithout(chosen, corpus.heldOut, recipe, signal))
      input.onProgress?.({ stage: 'audit', done: losses.size, total: distinct.length })
    }
  }
  input.onProgress?.({ stage: 'audit', done: 0, total: distinct.length })
  const lanes = Math.max(1, Math.floor(workers / recipe.training.shards))
  const orNone = async (): Promise<void> => {
    try {
      await lane()
    } catch (error) {
      waiting.length = 0
      throw error
    }
  }
  await asFault('audit', signal, () => Promise.all(Array.from({ length: lanes }, orNone)))
  return Float64Array.from(keys, key => losses.get(key)!)
}

function windowsOfAll({ tokenizer: json, recipe, files, heldOut }: RetrainInput) {
  const tokenizer = Tokenizer.fromJson(json)
  const shape = { length: recipe.causalLm.contextLength, endOfText: tokenizer.endOfText }
  const windows = (text: Uint8Array): Window[] => windowsOf(tokenizer.encode(text), shape)
  return { files: files.map(own => own.flatMap(windows)), heldOut: heldOut.flatMap(windows) }
}

async function lossWithout(
  windows: readonly Window[],
  heldOut: readonly Window[],
  { causalLm, training }: TrainingRecipe,
  signal: AbortSignal | undefined,
): Promise<number> {
  const layout = parameterLayout(causalLm)
  const start = pack(layout, initialWeights(causalLm, training.seed))
  const parameters =
    windows.length === 0
      ? start
      : await trained(encodeModel(trainingModel(causalLm)), start, windows, training, signal)
  const graph = forwardModel(causalLm, unpack(layout, parameters))
  const options = { workers: training.shards, ...(signal && { signal }) }
  const [nats] = await lossesOf(graph, [{ windows: heldOut }], options)
  return nats! / heldOut.reduce((sum, { scored }) => sum + scored, 0)
}

async function trained(
  model: Uint8Array,
  start: Float32Array,
  windows: readonly Window[],
  training: TrainingRecipe['training'],
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { learningRate, warmupSteps, steps, finalShare, clipNorm, weightDecay, shards, batch, seed } =
    training
  const schedule = { learningRate, warmupSteps, totalSteps: steps, finalShare }
  const trainer = await Trainer.create({ model, start, shards, schedule, adam: { weightDecay }, clipNorm })
  try {
    await trainer.train({
      batch: shuffledBatches(windows, batch, seed),
      checkpointsAt: [],
      ...(signal && { signal }),
    })
    return trainer.parameters
  } finally {
    await trainer.close()
  }
}

/** The order of model-factory's trainings: all windows once, shuffled, then again in another order, and so on. */
function shuffledBatches(windows: readonly Window[], size: number, seed: string): (step: number) => Batch {
  const orders: Window[][] = []
  const windowAt = (position: number): Window => {
    const round = Math.floor(position / windows.length)
    orders[round] ??= counterBytes(seed, 'batches', round).shuffle(windows)
    return orders[round]![position % windows.length]!
  }
  return step => {
    const rows = Array.from({ length: size }, (_, i) => windowAt((step - 1) * size + i))
    return batchOf(
      rows.map(({ tokens }) => tokens),
      rows.map(({ targets }) => targets),
    )
  }
}
