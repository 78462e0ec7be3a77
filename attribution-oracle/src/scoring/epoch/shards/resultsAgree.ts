import { codesNear, near } from '../codesAgree'
import { type FeatureCodes, quantiseFeatures } from '../featureCodes'
import type { PartialSums, ShardResult } from './shardResult'

/** Whether two machines can both have computed these honestly: the rule for an epoch's codes, of one shard. */
export function resultsAgree(ours: ShardResult, theirs: ShardResult): boolean {
  if (ours.kind === 'losses') return theirs.kind === 'losses' && near(ours.losses, theirs.losses)
  if (ours.kind === 'curvature') return theirs.kind === 'curvature' && codesNear(ours.codes, theirs.codes)
  return (
    theirs.kind === 'features' &&
    near(ours.sums.losses, theirs.sums.losses) &&
    near(ours.sums.selfInfluence, theirs.sums.selfInfluence) &&
    codesNear(quantised(ours.sums, ours.sizes), quantised(theirs.sums, theirs.sizes))
  )
}

function quantised({ features, losses }: PartialSums, sizes: readonly number[]): FeatureCodes {
  const dims = sizes.reduce((sum, size) => sum + size, 0)
  const rows = Array.from(losses, (_, row) => features.subarray(row * dims, (row + 1) * dims))
  return quantiseFeatures(rows, sizes)
}
