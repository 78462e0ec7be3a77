import type { CutShard } from './cutShards'
import { decodeShardResult, partialRows } from './shardResult'

/** What sequences add up to over their windows. */
export interface Sums {
  /** [sequences]: projected gradient of the summed loss, all layers */
  readonly features: readonly Float64Array[]
  /** [sequences]: nats, summed over scored tokens */
  readonly losses: Float64Array
  /** [sequences]: squared length of the gradient in units of the curvature, summed over windows: how hard a text pulls */
  readonly selfInfluence: Float64Array
}

/**
 * Adds up what the shards of some sequences gave. Floats add up differently in another order: always that of the
 * batches, whoever computed them.
 */
export function addSums(
  sequences: number,
  shards: readonly CutShard[],
  results: readonly Uint8Array[],
): Sums {
  const losses = new Float64Array(sequences)
  const selfInfluence = new Float64Array(sequences)
  const features: Float64Array[] = []
  shards.forEach(({ digest, document, owners }, index) => {
    const result = decodeShardResult(digest, document, results[index]!)
    if (result.kind !== 'features') return
    const { sums } = result
    const dims = result.sizes.reduce((sum, size) => sum + size, 0)
    partialRows(document).forEach((passage, row) => {
      const owner = owners[passage]!
      const total = (features[owner] ??= new Float64Array(dims))
      for (let at = 0; at < dims; at++) total[at]! += sums.features[row * dims + at]!
      losses[owner]! += sums.losses[row]!
      selfInfluence[owner]! += sums.selfInfluence[row]!
    })
    // a sequence without windows moves nothing
    if (index === 0)
      for (let owner = 0; owner < sequences; owner++) features[owner] ??= new Float64Array(dims)
  })
  return { features, losses, selfInfluence }
}

/** [sequences]: nats, summed over windows in their order. */
export function addLosses(
  sequences: number,
  shards: readonly CutShard[],
  results: readonly Uint8Array[],
): Float64Array {
  const totals = new Float64Array(sequences)
  shards.forEach(({ digest, document, owners }, index) => {
    const result = decodeShardResult(digest, document, results[index]!)
    if (result.kind !== 'losses') return
    let window = 0
    document.passages.forEach(({ from, to }, passage) => {
      for (let i = from; i < to; i++) totals[owners[passage]!]! += result.losses[window++]!
    })
  })
  return totals
}
