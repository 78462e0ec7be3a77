import { AttributionOracleError } from '../errors'
import { randomCoalitions } from '../scoring/audit'

/**
 * All coalitions where they are few, and random ones otherwise.
 * @returns uint8 [coalitions, players], 1: takes part
 * @throws INVALID_ARGUMENT before anything is trained, where some contributor is always in or always out
 */
export function coalitionsOf(players: number, count: number, seed: string): Uint8Array {
  if (players > 0 && 2 ** players <= count)
    return Uint8Array.from({ length: players * 2 ** players }, (_, at) => {
      const [coalition, player] = [Math.floor(at / players), at % players]
      return (coalition >> player) & 1
    })
  const members = randomCoalitions(players, count, seed)
  for (let player = 0; player < players; player++) {
    const inside = members.filter((_, at) => at % players === player).reduce((sum, part) => sum + part, 0)
    if (inside > 0 && inside < count) continue
    const [got, expected] = [`${count}, a contributor in ${inside} of them`, 'more, so that all are in some']
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: 'So few coalitions tell nothing of some contributor', got, expected },
      { argument: 'coalitions', got, expected },
    )
  }
  return members
}
