import { canonicalBytes, sha256, type Digest } from '@open-datanets/content-store'
import { LINEARS } from '@open-datanets/onnx-engine'
import { z } from 'zod'
import { size } from '../documents/fields'
import { checkDocument } from '../documents/parseDocument'

export const TRAINING_JOB_FORMAT = 'open-datanets/training-job'

/** Optimisation of one model. The result's bits depend on all of it, `shards` included. */
export const training = z.strictObject({
  seed: z.string(),
  steps: size,
  /** Windows of one context length per step. */
  batch: size,
  /** The highest rate: reached after the warm-up, then falling along half a cosine. */
  learningRate: z.number().positive(),
  warmupSteps: z.number().int().nonnegative(),
  /** The last rate as a share of the highest. */
  finalShare: z.number().min(0).max(1),
  /** Longer gradients are scaled down to this norm. */
  clipNorm: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  /** Threads that share each batch. */
  shards: size,
})
export type Training = z.infer<typeof training>

const isPattern = (text: string): boolean => {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

export const loraShape = z.strictObject({
  rank: size,
  alpha: z.number().positive(),
  targets: z.array(z.enum(LINEARS)).min(1),
})

const adapterSpec = loraShape.extend({
  name: z.string().min(1),
  /** Regular expression over names: the files that it is trained on and measured on. */
  match: z.string().refine(isPattern, 'expected a regular expression'),
  training,
})
/** One LoRA adapter of a job. */
export type AdapterSpec = z.infer<typeof adapterSpec>

const trainingJob = z
  .strictObject({
    format: z.literal(TRAINING_JOB_FORMAT),
    version: z.literal(1),
    name: z.string().min(1),
    /** Of the tokenizer, at most: a small corpus gives less. */
    vocabSize: z.number().int().min(257),
    causalLm: z.strictObject({ width: size, layers: size, heads: size, mlpWidth: size, contextLength: size }),
    training,
    /** Steps of the base training at which attribution looks, ascending; the last one is the last step. */
    checkpointsAt: z.array(size).min(1),
    adapters: z.array(adapterSpec),
  })
  .refine(job => job.causalLm.width % job.causalLm.heads === 0, {
    path: ['causalLm', 'heads'],
    message: 'expected a divisor of the width',
  })
  .refine(job => job.checkpointsAt.every((step, i, steps) => i === 0 || step > steps[i - 1]!), {
    path: ['checkpointsAt'],
    message: 'expected ascending steps',
  })
  .refine(job => job.checkpointsAt.at(-1) === job.training.steps, {
    path: ['checkpointsAt'],
    message: 'expected the last training step as the last checkpoint',
  })
/** All that decides what a training gives, besides the data. */
export type TrainingJob = z.infer<typeof trainingJob>

/** Checks a job specification. Throws INVALID_DOCUMENT with every fault. */
export function parseJob(value: unknown): TrainingJob {
  return checkDocument(trainingJob, TRAINING_JOB_FORMAT, value)
}

/** The name of a job: equal specifications have equal digests. */
export function jobDigest(job: TrainingJob): Digest {
  return sha256(canonicalBytes(job))
}
