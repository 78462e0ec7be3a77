import { canonicalBytes, type ContentStore, type Digest } from '@open-datanets/content-store'
import {
  encodeModel,
  forwardModel,
  initialWeights,
  pack,
  parameterLayout,
  trainBpe,
  trainingModel,
  unpack,
  type CausalLmConfig,
  type Weights,
} from '@open-datanets/onnx-engine'
import { encodeFiles } from '../corpus/encodedFiles'
import type { HeldOut } from '../documents/evaluationManifest'
import { TRAINING_MANIFEST_FORMAT, type BaseManifest } from '../documents/trainingManifest'
import { ModelFactoryError } from '../errors'
import { jobDigest, type TrainingJob } from '../job/trainingJob'
import type { BaseModel, TrainingData } from './baseModel'
import { ascendingIds } from './contributionIds'
import { engineOf } from './engine'
import { baselines, measure } from './measure'
import { optimise } from './optimise'
import type { FactoryProgress } from './progress'

export interface TrainDependencies {
  content: ContentStore
  onProgress?: (progress: FactoryProgress) => void
  signal?: AbortSignal
}

/**
 * Trains a tokenizer and a causal language model on files, measures it on held-out files beside a unigram and a bigram,
 * and puts tokenizer, checkpoints and training manifest into the content store. Equal arguments give equal digests.
 * Throws NO_FILES, the engine's errors, or the signal's reason.
 */
export async function trainBase(
  job: TrainingJob,
  data: TrainingData,
  heldOut: HeldOut,
  { content, onProgress, signal }: TrainDependencies,
): Promise<BaseModel> {
  const { name, training, checkpointsAt } = job
  if (data.files.length === 0)
    throw new ModelFactoryError('NO_FILES', { purpose: `train ${name}`, match: '.*' })

  const tokenizer = trainBpe(
    data.files.map(({ bytes }) => bytes),
    {
      vocabSize: job.vocabSize,
      onProgress: (done, total) => onProgress?.({ stage: 'tokenizer', name, done, total }),
      ...(signal && { signal }),
    },
  )
  const config: CausalLmConfig = { ...job.causalLm, vocabSize: tokenizer.vocabSize }
  const layout = parameterLayout(config)
  const initial = initialWeights(config, training.seed)
  const start = pack(layout, initial)
  const files = encodeFiles(data.files, tokenizer, config.contextLength)
  const options = { name, checkpointsAt, onProgress, signal }
  const trained = await optimise(trainingModel(config), start, files.windows, training, options)

  const checkpoints: Digest[] = []
  for (const parameters of trained.checkpoints.values())
    checkpoints.push(await content.put(encodeModel(forwardModel(config, unpack(layout, parameters)))))
  const weights: Weights = unpack(layout, trained.parameters)
  const graph = forwardModel(config, weights)
  const measuring = { name, config, tokenizer, workers: training.shards, onProgress, signal }

  const manifest: BaseManifest = {
    format: TRAINING_MANIFEST_FORMAT,
    version: 1,
    kind: 'base',
    name,
    job: jobDigest(job),
    baseModelId: 0,
    base: null,
    snapshot: data.snapshot,
    contributionIds: ascendingIds(data.files),
    tokenizer: await content.put(Buffer.from(tokenizer.toJson())),
    model: await content.put(encodeModel(graph)),
    checkpoints,
    checkpointSteps: checkpointsAt,
    adapter: null,
    lora: null,
    causalLm: config,
    training,
    evaluation: {
      heldOut: heldOut.digest,
      loss: {
        before: await measure(encodeModel(forwardModel(config, initial)), heldOut.files, measuring),
        model: await measure(encodeModel(graph), heldOut.files, measuring),
        ...baselines(files, heldOut.files, measuring),
      },
    },
    engine: engineOf(graph),
  }
  return { config, tokenizer, weights, manifest, manifestDigest: await content.put(canonicalBytes(manifest)) }
}
