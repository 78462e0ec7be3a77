import { z } from 'zod'
import { count } from './fields'

const size = count.positive()

/** The part of a base model's training manifest that a counterfactual retraining repeats; see model-factory's job. */
export const trainingRecipe = z.object({
  causalLm: z.object({
    vocabSize: size,
    width: size,
    layers: size,
    heads: size,
    mlpWidth: size,
    contextLength: size,
  }),
  training: z.object({
    seed: z.string(),
    steps: size,
    /** windows per step */
    batch: size,
    learningRate: z.number().positive(),
    warmupSteps: count,
    finalShare: z.number().min(0).max(1),
    clipNorm: z.number().positive(),
    weightDecay: z.number().nonnegative(),
    /** threads that share each batch: the bits of the result depend on them */
    shards: size,
  }),
})
export type TrainingRecipe = z.infer<typeof trainingRecipe>
