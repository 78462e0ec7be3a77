import type { TextShard } from '../../domain'
import { ClusterMatches } from './clusterMatches'
import type { Holders } from './documentTables'
import { naturalLog } from './naturalLog'
import { repeats } from './repeats'
import { responseSymbols } from './responseSymbols'
import type { Surprisal } from './surprisal'

/** What a match of `length` tokens that `holders` of `clusters` have counts for, besides its weight. */
export type Rarity = (holders: number, clusters: number) => number

/** As informative as it is to hear of a cluster that it holds the match: ln((clusters + 1) / holders). */
export const informative: Rarity = (holders, clusters) => naturalLog((clusters + 1) / holders)
export const indifferent: Rarity = () => 1

/**
 * Scores responses against every cluster as if that were the corpus: its maximal spans, by weight and rarity. Gives
 * [documents], each cluster's score at its representative.
 */
export function ownMatches(
  shard: TextShard,
  { clusters, representatives }: Holders,
  { surprisal, minLength, rarity }: { surprisal: Surprisal; minLength: number; rarity: Rarity },
): (tokens: ArrayLike<number>) => Float64Array {
  const count = representatives.length
  const matches = new ClusterMatches(shard, clusters, count, minLength)
  const reached = new Int32Array(count)
  return tokens => {
    const response = responseSymbols(tokens)
    const said = repeats(response)
    const holders = new Int32Array(response.length + 2)
    const credits = new Float64Array(response.length + 1)
    const scores = new Float64Array(clusters.length)
    reached.fill(0)
    for (let from = 0; from + minLength <= response.length; from++) {
      matches.find(response, from)
      if (matches.count === 0) continue
      const longest = countHolders(matches, holders)
      for (let length = longest; length >= minLength; length--) {
        const held = holders[length]! > holders[length + 1]! && length > said[from]!
        credits[length] = held
          ? surprisal.weight(response, from, length) * rarity(holders[length]!, count)
          : 0
      }
      for (let i = 0; i < matches.count; i++) {
        const cluster = matches.clusters[i]!
        const length = matches.lengths[cluster]!
        if (from + length <= reached[cluster]!) continue
        reached[cluster] = from + length
        scores[representatives[cluster]!]! += credits[length]!
      }
      holders.fill(0, 0, longest + 1)
    }
    return scores
  }
}

/** holders[length] = how many clusters match as much and more. Returns the longest match. */
function countHolders(matches: ClusterMatches, holders: Int32Array): number {
  let longest = 0
  for (let i = 0; i < matches.count; i++) {
    const length = matches.lengths[matches.clusters[i]!]!
    holders[length]!++
    if (length > longest) longest = length
  }
  for (let length = longest - 1; length > 0; length--) holders[length]! += holders[length + 1]!
  return longest
}
