import { z } from 'zod'
import { count, digest, size } from './fields'
import { loss } from './loss'
import { loraShape, training } from '../job/trainingJob'

export const TRAINING_MANIFEST_FORMAT = 'open-datanets/training-manifest'

const common = {
  format: z.literal(TRAINING_MANIFEST_FORMAT),
  version: z.literal(1),
  name: z.string(),
  /** Digest of the job specification. */
  job: digest,
  snapshot: digest,
  /** What it was trained on, ascending. */
  contributionIds: z.array(count).min(1),
  tokenizer: digest,
  /** The ONNX forward graph that is attributed; for an adapter, base and adapter merged. */
  model: digest,
  /** ONNX forward graphs from early to late; the last one is `model`. */
  checkpoints: z.array(digest).min(1),
  causalLm: z.object({
    vocabSize: size,
    width: size,
    layers: size,
    heads: size,
    mlpWidth: size,
    contextLength: size,
  }),
  training,
  engine: z.object({ onnxruntime: z.string(), opset: size }),
}

/** What a base model is and what it was made from; its digest stands on chain beside the model's. */
export const baseManifest = z.object({
  ...common,
  kind: z.literal('base'),
  baseModelId: z.literal(0),
  base: z.null(),
  adapter: z.null(),
  lora: z.null(),
  /** Steps after which `checkpoints` were taken. */
  checkpointSteps: z.array(size).min(1),
  evaluation: z.object({
    heldOut: digest,
    /** `before` training, and after it: `model`. */
    loss: z.object({ before: loss, model: loss, unigram: loss, bigram: loss }),
  }),
})
export type BaseManifest = z.infer<typeof baseManifest>

/** The same of an adapter. `evaluation` is measured on the held-out files of its own domain. */
export const adapterManifest = z.object({
  ...common,
  kind: z.literal('adapter'),
  baseModelId: size,
  /** Digest of the base's training manifest. */
  base: digest,
  /** The adapter itself: safetensors under PEFT's names. */
  adapter: digest,
  lora: loraShape.extend({ match: z.string() }),
  evaluation: z.object({ heldOut: digest, loss: z.object({ before: loss, after: loss }) }),
})
export type AdapterManifest = z.infer<typeof adapterManifest>

export const trainingManifest = z.discriminatedUnion('kind', [baseManifest, adapterManifest])
export type TrainingManifest = z.infer<typeof trainingManifest>
