import type { MethodName, MethodSettings } from '../capture'
import { type ModelFacts, roomyDual } from './modelFacts'

/** A method with its settings. A damping stands for a model that fits its data; see `dampingAt`. */
export interface Base {
  readonly id: string
  readonly method: MethodName
  readonly settings: MethodSettings
}

/** Multiples of tr(WK). From a fully fitted network to one that has seen its data a few times. */
const DUAL = ['0.00003', '0.0001', '0.0003', '0.001', '0.003', '0.01', '0.03', '0.1', '1']
/** The same with all samples weighed alike: another curvature, which errs differently. */
const UNIFORM = ['0.0003', '0.003', '0.03']
/** Multiples of a block's mean eigenvalue. */
const BLOCKS = ['0.01', '0.1', '1', '10']

/**
 * What evidence is asked about. Grids of damping reach from the curvature alone to plain gradient products, because
 * that is where networks that were never tuned on differ most.
 */
export function candidates(facts: ModelFacts): readonly Base[] {
  const bases: Base[] = []
  const add = (method: MethodName, dampings: readonly string[], settings: MethodSettings = {}): void => {
    for (const damping of dampings)
      bases.push({ id: idOf(method, { ...settings, damping }), method, settings: { ...settings, damping } })
  }
  if (convex(facts) && facts.weightDecay !== undefined) {
    const settings = { weightDecay: facts.weightDecay }
    bases.push({ id: idOf('closed-form', settings), method: 'closed-form', settings })
  }
  if (roomyDual(facts)) add('dual-margin-ggn', DUAL)
  if (roomyDual(facts) && facts.task !== 'regression') add('dual-margin-ggn', UNIFORM, { weights: 'uniform' })
  add('ggn', BLOCKS)
  if (facts.layers > 1) add('ek-fac', BLOCKS)
  if (facts.largestLayer > 1024) add('logra', BLOCKS, { projection: 16 })
  return bases
}

export function idOf(
  method: MethodName,
  { damping, projection, weightDecay, weights }: MethodSettings,
): string {
  const parts = [
    method,
    ...(projection === undefined ? [] : [`k=${projection}`]),
    ...(weights === undefined ? [] : [weights]),
    ...(damping === undefined ? [] : [`λ=${damping}`]),
    ...(weightDecay === undefined ? [] : [`L2=${weightDecay}`]),
  ]
  return parts.join(' ')
}

/** One linear layer under cross-entropy or squared error. */
export function convex({ layers, task }: ModelFacts): boolean {
  return layers === 1 && task !== 'causal-lm'
}
