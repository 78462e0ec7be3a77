import type { CheckpointValues } from '../../../attribution-oracle/src/scoring/methods'
import type { GradientScores } from './gradientScores'
import type { SeedRuns } from './retrains'
import type { Sequences } from './sequences'

/**
 * How much the loss of held-out work rises without each institute, in nats per token, at one seed.
 * @param weights of the institutes that wrote the held-out answers, adding up to 1
 */
export function lossesWithout(
  { full, without }: SeedRuns,
  sequences: Sequences,
  weights: readonly number[],
): number[] {
  const before = heldOutLoss(full, sequences, weights)
  return without.map(losses => heldOutLoss(losses, sequences, weights) - before)
}

/** The mean loss of a token of each institute's held-out answers, weighted. */
export function heldOutLoss(
  losses: readonly number[],
  { questions }: Sequences,
  weights: readonly number[],
): number {
  const nats = weights.map(() => 0)
  const tokens = weights.map(() => 0)
  questions.forEach(({ institute, scored }, question) => {
    nats[institute]! += losses[question]!
    tokens[institute]! += scored
  })
  return weights.reduce((sum, weight, i) => sum + (tokens[i] ? (weight * nats[i]!) / tokens[i]! : 0), 0)
}

/** Per checkpoint the value of each institute, the sum over its rows, never normalised: nats per held-out token. */
export function checkpointValues(
  scores: readonly (readonly GradientScores[])[],
  weights: readonly number[],
): CheckpointValues[] {
  return scores.flatMap((checkpoints, run) =>
    checkpoints.map(({ value }) => ({
      run,
      values: Float64Array.from(value, row => row.reduce((sum, score, of) => sum + score * weights[of]!, 0)),
    })),
  )
}
