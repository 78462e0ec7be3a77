import { LINEARS } from '@open-datanets/onnx-engine'
import { TRAINING_JOB_FORMAT, parseJob, type Training, type TrainingJob } from './trainingJob'

export interface CompactJobOptions {
  name: string
  seed: string
  /** Threads for the base training. Each adapter trains on one, so that several can train at the same time. */
  shards: number
  /** Adapters by name, each with the regular expression that picks its files. */
  adapters: readonly { name: string; match: string }[]
  /** Steps of the base training. Default 300. */
  baseSteps?: number
  /** Steps of each adapter's training. Default 100. */
  adapterSteps?: number
}

/**
 * A job for about a megabyte of source code on two cores: at the default steps some 15 seconds for the base, 5
 * for three adapters at once.
 * The rates were chosen on Solidity, where the base ends a good part of a nat below the bigram; higher ones are worse.
 */
export function compactJob({
  name,
  seed,
  shards,
  adapters,
  baseSteps = 300,
  adapterSteps = 100,
}: CompactJobOptions): TrainingJob {
  const training: Training = {
    seed,
    steps: baseSteps,
    batch: 16,
    learningRate: 0.005,
    warmupSteps: Math.ceil(baseSteps / 10),
    finalShare: 0.1,
    clipNorm: 1,
    weightDecay: 0,
    shards,
  }
  const adapterTraining: Training = {
    ...training,
    steps: adapterSteps,
    learningRate: 0.007,
    warmupSteps: Math.ceil(adapterSteps / 10),
    shards: 1,
  }
  return parseJob({
    format: TRAINING_JOB_FORMAT,
    version: 1,
    name,
    vocabSize: 1024,
    causalLm: { width: 128, layers: 2, heads: 4, mlpWidth: 512, contextLength: 64 },
    training,
    // Measured: attribution correlates best with retraining late in the training, not at its end alone.
    checkpointsAt: [Math.ceil((2 * baseSteps) / 3), baseSteps],
    adapters: adapters.map(adapter => ({
      ...adapter,
      rank: 8,
      alpha: 16,
      targets: [...LINEARS],
      training: { ...adapterTraining, seed: `${seed}/${adapter.name}` },
    })),
  })
}
