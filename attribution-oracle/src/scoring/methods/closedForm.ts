import { identityBasis } from './basis'
import { methodOf, relativeDamping } from './blockMethod'
import { addBlockScores, addBlockSelf, type Damping } from './fisherBlock'
import type { BlockProblem } from './blockProblem'
import { decimalOf, refused } from './readSettings'

/**
 * Influence by the exact Hessian of a convex model, one linear layer under cross-entropy or squared error: the Fisher
 * over all classes plus the training objective's L2. Nothing beats it where it applies (Koh and Liang, 1703.04730).
 */
export const closedForm = methodOf('closed-form', problem => {
  const damping = dampingOf(problem)
  const o = { layer: 0, basis: identityBasis(problem.train.layers[0]!), damping }
  return {
    score: (linear, p, _layer, question, scores) => addBlockScores(linear, p, o, question, scores),
    selfInfluence: (linear, p, _layer, self) => addBlockSelf(linear, p, o, self),
  }
})

function dampingOf({ train, fisher, settings }: BlockProblem): Damping {
  if (train.layers.length !== 1)
    throw refused('method', `closed-form for ${train.layers.length} layers`, 'one linear layer', 'use ggn')
  if (fisher.kind !== 'exact')
    throw refused(
      'method',
      'closed-form with a sampled Fisher',
      'all rows of the Hessian',
      'use ek-fac or logra',
    )
  if (settings.weightDecay === undefined) {
    const multiple = relativeDamping(settings)
    return mean => multiple * mean
  }
  const weightDecay = decimalOf(settings, 'weightDecay', '')
  return () => weightDecay
}
