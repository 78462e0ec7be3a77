import { OnnxEngineError } from '../../errors'
import type { Loss } from '../../differentiate/options'

export type Optimizer =
  /** torch.optim.SGD without dampening. */
  | { readonly kind: 'sgd'; readonly momentum?: number; readonly nesterov?: boolean }
  /** torch.optim.Adam: weight decay is added to the gradient. */
  | { readonly kind: 'adam'; readonly beta1?: number; readonly beta2?: number; readonly epsilon?: number }
  /** torch.optim.AdamW: weight decay is decoupled. */
  | { readonly kind: 'adamw'; readonly beta1?: number; readonly beta2?: number; readonly epsilon?: number }

/**
 * The learning rate over training, as PyTorch's schedulers of these names: `cosine` half a cosine and `linear` a line
 * from 1 to `final` (0) of the rate, `step` times `factor` after every so many epochs.
 */
export type LearningRate =
  | { readonly kind: 'constant' }
  | { readonly kind: 'cosine' | 'linear'; readonly final?: number; readonly per?: 'step' | 'epoch' }
  | { readonly kind: 'step'; readonly every: number; readonly factor: number }

/** How a model was trained: all that decides the result but the data, the first state and the seed. */
export interface Recipe {
  readonly loss: Loss
  readonly optimizer: Optimizer
  readonly learningRate: number
  /** Constant where it is left out. */
  readonly schedule?: LearningRate
  /** Steps of linear rise, a factor min(1, step/warmup) of the schedule; 0 where it is left out. */
  readonly warmupSteps?: number
  /** On every parameter, as PyTorch's optimizers do. */
  readonly weightDecay?: number
  readonly batch: number
  readonly epochs: number
  /** Leaves out the last batch of an epoch where it is not full. */
  readonly dropLast?: boolean
  /** The norm of all gradients together is scaled down to this where it is larger, as clip_grad_norm_ does. */
  readonly clipNorm?: number
  /** Rows in the order given in every epoch, instead of shuffled. */
  readonly shuffle?: boolean
  /** First state: matrices and tables from a normal distribution of this deviation, instead of PyTorch's defaults. */
  readonly initialDeviation?: number
}

/** @throws OnnxEngineError INVALID_ARGUMENT naming the field */
export function checkRecipe(recipe: Recipe): Recipe {
  const positive = (what: string, value: number, whole: boolean): void => {
    if (!(value > 0 && Number.isFinite(value)) || (whole && !Number.isInteger(value)))
      throw fault(what, value, whole ? 'a whole number, 1 or more' : 'a number above 0')
  }
  const notNegative = (what: string, value: number | undefined): void => {
    if (value !== undefined && !(value >= 0 && Number.isFinite(value))) throw fault(what, value, '0 or more')
  }
  positive('learningRate', recipe.learningRate, false)
  positive('batch', recipe.batch, true)
  positive('epochs', recipe.epochs, true)
  if (recipe.clipNorm !== undefined) positive('clipNorm', recipe.clipNorm, false)
  notNegative('weightDecay', recipe.weightDecay)
  notNegative('warmupSteps', recipe.warmupSteps)
  notNegative('initialDeviation', recipe.initialDeviation)
  const { optimizer, schedule } = recipe
  if (optimizer.kind === 'sgd') {
    notNegative('momentum', optimizer.momentum)
    if (optimizer.nesterov && !optimizer.momentum)
      throw fault('nesterov', 'no momentum', 'a momentum above 0')
  }
  if (schedule?.kind === 'step') positive('schedule.every', schedule.every, true)
  return recipe
}

const fault = (what: string, got: unknown, expected: string): OnnxEngineError =>
  new OnnxEngineError('INVALID_ARGUMENT', { what: `training recipe, ${what}`, got: String(got), expected })

/** The rate of a step, steps and epochs counted from 0. */
export function rateAt(
  recipe: Recipe,
  at: { readonly step: number; readonly epoch: number; readonly steps: number },
): number {
  const warm = recipe.warmupSteps ? Math.min(1, (at.step + 1) / recipe.warmupSteps) : 1
  return recipe.learningRate * warm * scheduled(recipe, at)
}

function scheduled(
  { schedule, epochs }: Recipe,
  { step, epoch, steps }: { readonly step: number; readonly epoch: number; readonly steps: number },
): number {
  if (!schedule || schedule.kind === 'constant') return 1
  if (schedule.kind === 'step') return schedule.factor ** Math.floor(epoch / schedule.every)
  const { final = 0, per = 'step' } = schedule
  const passed = per === 'step' ? step / steps : epoch / epochs
  if (schedule.kind === 'linear') return 1 + (final - 1) * passed
  return final + ((1 - final) * (1 + Math.cos(Math.PI * passed))) / 2
}
