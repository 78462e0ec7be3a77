import type { MethodName } from '../capture'
import { type Base, convex, idOf } from './candidates'
import { type Fit, type ModelFacts, roomyDual } from './modelFacts'

export interface Default {
  readonly base: Base
  readonly why: string
}

/**
 * What scores where nobody could retrain. Damping decides more than the method does, and the right one follows how far
 * training went: a network that has barely begun has moved along its steepest directions only, where plain gradient
 * products are right; one that fits its data has moved along the flat ones too. So λ grows with the share of the loss
 * that is still there.
 */
export function defaultOf(facts: ModelFacts, fit: Fit): Default {
  const open = openness(facts, fit)
  if (convex(facts) && facts.weightDecay !== undefined && Number(facts.weightDecay) > 0) {
    const settings = { weightDecay: facts.weightDecay }
    return {
      base: { id: idOf('closed-form', settings), method: 'closed-form', settings },
      why: 'one linear layer with a known L2: the exact Hessian is the influence itself',
    }
  }
  if (facts.task === 'causal-lm')
    return withDamping(
      'ek-fac',
      decimal(0.01 + open ** 2),
      `sequences: EK-FAC with sampled labels${words(open)}`,
    )
  if (roomyDual(facts) && facts.task !== 'regression')
    return withDamping(
      'dual-margin-ggn',
      decimal(dualDamping(open)),
      `a classifier small enough for its kernel${words(open)}`,
    )
  const damping = decimal(blockDamping(open))
  if (facts.samples > 20_000)
    return withDamping(
      'logra',
      damping,
      `${facts.samples} samples: features, whose cost grows linearly${words(open)}`,
    )
  return withDamping('ggn', damping, `the Gauss-Newton of all outputs, layer by layer${words(open)}`)
}

/** λ as a multiple of tr(WK), from the share of the loss that is left. */
export function dualDamping(open: number): number {
  return Math.min(0.3, 3e-4 + 0.3 * open ** 3)
}

/** λ as a multiple of a block's mean eigenvalue. */
export function blockDamping(open: number): number {
  return Math.min(10, 0.1 + 10 * open ** 3)
}

/**
 * Share in 0..1 of the loss of a constant guess that training has left. A regression's guess is not known from its
 * captures: there the mean of the middle.
 */
export function openness({ task, classes }: ModelFacts, { loss, doubt }: Fit): number {
  if (task === 'regression') return 0.1
  if (task === 'binary') return Math.min(1, loss / Math.log(2))
  if (classes !== undefined && classes > 1) return Math.min(1, loss / Math.log(classes))
  return doubt === undefined ? Math.min(1, loss / 6) : Math.min(1, 4 * doubt)
}

function withDamping(method: MethodName, damping: string, why: string): Default {
  return { base: { id: idOf(method, { damping }), method, settings: { damping } }, why }
}

function words(open: number): string {
  return `, damping for a model with ${Math.round(100 * open)} % of its loss left`
}

/** Two digits are all that a rule of thumb knows; as text, so that a configuration hashes to the same bytes. */
function decimal(value: number): string {
  return String(Number(value.toPrecision(2)))
}
