import { Trainer, encodeModel, type Model, type TrainingResult } from '@open-datanets/onnx-engine'
import type { Window } from '../corpus/windows'
import type { Training } from '../job/trainingJob'
import type { FactoryProgress } from './progress'
import { shuffledBatches } from './shuffledBatches'

export interface Optimised extends TrainingResult {
  parameters: Float32Array
}

/** Trains the free parameters of a training graph on windows. Threads end whatever happens. */
export async function optimise(
  graph: Model,
  start: Float32Array,
  windows: readonly Window[],
  { seed, steps, batch, learningRate, warmupSteps, finalShare, clipNorm, weightDecay, shards }: Training,
  o: {
    name: string
    checkpointsAt?: readonly number[]
    onProgress?: ((progress: FactoryProgress) => void) | undefined
    signal?: AbortSignal | undefined
  },
): Promise<Optimised> {
  const trainer = await Trainer.create({
    model: encodeModel(graph),
    start,
    shards,
    schedule: { learningRate, warmupSteps, totalSteps: steps, finalShare },
    adam: { weightDecay },
    clipNorm,
  })
  try {
    const result = await trainer.train({
      batch: shuffledBatches(windows, batch, seed),
      checkpointsAt: o.checkpointsAt ?? [],
      onProgress: ({ step, steps: total, loss }) =>
        o.onProgress?.({ stage: 'train', name: o.name, done: step, total, loss }),
      ...(o.signal && { signal: o.signal }),
    })
    return { ...result, parameters: trainer.parameters }
  } finally {
    await trainer.close()
  }
}
