import { CounterStream } from '@open-datanets/onnx-engine'
import { refused } from './refused'

/** Coalitions of contributors and what models of their samples alone were worth. */
export interface Coalitions {
  readonly players: number
  /** uint8 [count, players], 1: takes part */
  readonly members: Uint8Array
  /** float64 [count]: minus the mean held-out loss, nats or squared error */
  readonly utilities: Float64Array
}

/** Random coalitions, each player in or out by a fair coin: what Banzhaf's value averages over. */
export function randomCoalitions(players: number, count: number, seed: string): Uint8Array {
  if (players < 1) throw refused('contributors', String(players), 'one or more')
  const stream = new CounterStream(seed, ['audit', 'coalitions', players])
  return Uint8Array.from({ length: count * players }, () => stream.below(2))
}

export interface BanzhafEstimate {
  readonly values: Float64Array
  /** of a difference of two means; NaN where a side has fewer than two coalitions */
  readonly standardErrors: Float64Array
}

/**
 * Banzhaf values by maximum sample reuse (Wang and Jia, 2205.15466): the mean utility of the coalitions with a player
 * minus the mean of those without; every retraining serves every player.
 */
export function banzhafValues({ players, members, utilities }: Coalitions): BanzhafEstimate {
  if (members.length !== utilities.length * players)
    throw refused('coalitions', `${members.length} entries`, `${utilities.length} x ${players}`)
  const values = new Float64Array(players)
  const standardErrors = new Float64Array(players)
  for (let player = 0; player < players; player++) {
    const side = (within: number): number[] =>
      Array.from(utilities).filter((_, coalition) => members[coalition * players + player] === within)
    const [inside, outside] = [moments(side(1)), moments(side(0))]
    if (inside.count === 0 || outside.count === 0)
      throw refused(
        'coalitions',
        `contributor ${player} in ${inside.count} of ${utilities.length}`,
        'some with and some without',
      )
    values[player] = inside.mean - outside.mean
    standardErrors[player] = Math.sqrt(inside.variance / inside.count + outside.variance / outside.count)
  }
  return { values, standardErrors }
}

function moments(values: readonly number[]): { count: number; mean: number; variance: number } {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  return { count, mean, variance }
}
