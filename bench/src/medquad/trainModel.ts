import {
  batchOf,
  counterBytes,
  encodeModel,
  initialWeights,
  pack,
  parameterLayout,
  Trainer,
  trainingModel,
  type CausalLmConfig,
} from '@open-datanets/onnx-engine'
import type { Window } from '../../../attribution-oracle/src/scoring/epoch/windows'
import type { Recipe } from './recipe'
import type { Row } from './sequences'

/**
 * Trains one model on some of the rows, on one thread. Initial weights and the order of windows come from the seed
 * alone: a run without an institute sees the others in the same order as the run with it, so that two runs of a seed
 * differ by what was left out and by little else.
 * @param shares of the run after which the parameters are kept, ascending; 1 is the end
 * @returns packed parameters, one vector for each share
 */
export async function trainModel(
  rows: readonly Row[],
  keeps: (row: Row) => boolean,
  config: CausalLmConfig,
  { epochs, batch, learningRate, warmupShare, finalShare, weightDecay }: Recipe['training'],
  seed: string,
  shares: readonly number[],
): Promise<Float32Array[]> {
  const order = orderOf(rows, keeps, epochs, seed)
  const steps = Math.floor(order.length / batch)
  const kept = shares.map(share => Math.max(1, Math.round(share * steps)))
  const trainer = await Trainer.create({
    model: encodeModel(trainingModel(config)),
    start: pack(parameterLayout(config), initialWeights(config, seed)),
    shards: 1,
    schedule: { learningRate, warmupSteps: Math.round(warmupShare * steps), totalSteps: steps, finalShare },
    adam: { weightDecay },
    clipNorm: 1,
  })
  try {
    const { checkpoints } = await trainer.train({
      batch: step => {
        const windows = order.slice((step - 1) * batch, step * batch)
        return batchOf(
          windows.map(({ tokens }) => tokens),
          windows.map(({ targets }) => targets),
        )
      },
      checkpointsAt: kept,
    })
    return kept.map(step => checkpoints.get(step)!)
  } finally {
    await trainer.close()
  }
}

function orderOf(rows: readonly Row[], keeps: (row: Row) => boolean, epochs: number, seed: string): Window[] {
  const all = rows.flatMap(row => row.windows.map(window => ({ row, window })))
  return Array.from({ length: epochs }, (_, epoch) => counterBytes(seed, 'order', epoch).shuffle(all))
    .flat()
    .flatMap(({ row, window }) => (keeps(row) ? [window] : []))
}
