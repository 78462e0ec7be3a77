import type { MethodName, MethodSettings } from '../capture'
import { type Base, convex, idOf } from './candidates'
import { type Fit, type ModelFacts, MOST_DUAL_SAMPLES, roomyDual } from './modelFacts'

export interface Default {
  /** weights sum to 1; the first part also gives values, which are not mixed */
  readonly parts: readonly { readonly base: Base; readonly weight: number }[]
  readonly why: string
}

/**
 * What scores where nobody could retrain.
 *
 * Damping decides more than the method does, and the right one follows how far training went: a network that has barely
 * begun has moved along its steepest directions only, where plain gradient products are right; one that fits its data
 * has moved along the flat ones too. So λ grows with the share of the median loss that is still there (the median,
 * because wrong labels keep a loss that no training removes).
 *
 * Curvatures that err differently are better together: the joint kernel knows no other class than the margin, the blocks
 * of the Gauss-Newton know all classes and no ties between layers, EK-FAC smooths those blocks. The blocks count double,
 * because they approximate least.
 */
export function defaultOf(facts: ModelFacts, fit: Fit, question: 'usage' | 'value' = 'usage'): Default {
  const open = openness(facts, fit)
  const left = `, damping for a model with ${Math.round(100 * open)} % of its median loss left`
  const block = { damping: decimal(blockDamping(open)) }
  if (convex(facts) && Number(facts.weightDecay ?? 0) > 0)
    return {
      parts: [part('closed-form', { weightDecay: facts.weightDecay! }, 1)],
      why: 'one linear layer with a known L2: the exact Hessian is the influence itself',
    }
  if (facts.task === 'causal-lm')
    return { parts: [part('ek-fac', { damping: '0.01' }, 1)], why: 'sequences: EK-FAC with sampled labels' }
  if (facts.samples > MOST_DUAL_SAMPLES)
    return {
      parts: [part('logra', block, 1)],
      why: `${facts.samples} samples: features, whose cost grows linearly${left}`,
    }
  if (facts.task !== 'regression' && roomyDual(facts))
    return {
      parts: [
        part('dual-margin-ggn', { damping: decimal(dualDamping(open, question)) }, 1 / 4),
        part('ek-fac', block, 1 / 4),
        part('ggn', block, 1 / 2),
      ],
      why: `a classifier small enough for the kernel of its samples, and two curvatures that err differently${left}`,
    }
  return {
    parts: [part('ggn', block, 2 / 3), part('ek-fac', block, 1 / 3)],
    why: 'two forms of the Gauss-Newton of all outputs, layer by layer',
  }
}

/**
 * λ as a multiple of tr(WK), from the share of the loss that is left. Leaving one contributor out moves a model less
 * than leaving out half of the samples, along flatter directions: value takes less damping.
 */
export function dualDamping(open: number, question: 'usage' | 'value' = 'usage'): number {
  return Math.min(0.3, (question === 'usage' ? 7e-4 : 3e-4) + 0.3 * open ** 3)
}

/** λ as a multiple of a block's mean eigenvalue. */
export function blockDamping(open: number): number {
  return Math.min(10, 0.1 + 100 * open ** 3)
}

/**
 * Share in 0..1 of the loss of a constant guess that training has left. The noise of a regression's targets is not
 * known, so that its loss says nothing: there 0.
 */
export function openness({ task, classes }: ModelFacts, { median }: Fit): number {
  if (task === 'binary') return Math.min(1, median / Math.log(2))
  if (task === 'classification' && classes !== undefined && classes > 1)
    return Math.min(1, median / Math.log(classes))
  return 0
}

function part(
  method: MethodName,
  settings: MethodSettings,
  weight: number,
): { readonly base: Base; readonly weight: number } {
  return { base: { id: idOf(method, settings), method, settings }, weight }
}

/** Two digits are all that a rule of thumb knows; as text, so that a configuration hashes to the same bytes. */
function decimal(value: number): string {
  return String(Number(value.toPrecision(2)))
}
