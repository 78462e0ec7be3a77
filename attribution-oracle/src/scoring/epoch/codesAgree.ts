import { type CheckpointCodes, type EpochCodes, layoutOf } from './epochCodes'
import type { FeatureCodes } from './featureCodes'

/** Codes of a row that may be one apart: honest machines differ only where a number lies half-way between two codes. */
const APART = 0.01
const APART_AT_LEAST = 2
/** Relative, of scales, losses and self-influence. */
const RELATIVE = 1 / 4096

/**
 * Whether two operators can both have computed these honestly. Stricter than what is asked of two devices: codes that
 * are one apart everywhere in a file would move its value by some per cent, and a few that are far apart by more, so no
 * code may be more than one apart, and few of each row may be apart at all.
 */
export function codesAgree(ours: EpochCodes, theirs: EpochCodes): boolean {
  if (layoutOf(ours) !== layoutOf(theirs)) return false
  if (ours.order && theirs.order) {
    if (!near(ours.order.shuffled, theirs.order.shuffled) || !near(ours.order.held, theirs.order.held))
      return false
  }
  return ours.checkpoints.every((codes, index) => checkpointsAgree(codes, theirs.checkpoints[index]!))
}

function checkpointsAgree(ours: CheckpointCodes, theirs: CheckpointCodes): boolean {
  if (!near(ours.losses, theirs.losses) || !near(ours.selfInfluence, theirs.selfInfluence)) return false
  return (['curvature', 'files', 'held', 'outputs'] as const).every(part => {
    return codesNear(ours[part], theirs[part])
  })
}

/** The same rule of the rows of one part; their layout has to be the same. */
export function codesNear(ours: FeatureCodes, theirs: FeatureCodes): boolean {
  return near(ours.scales, theirs.scales) && rowsNear(ours, theirs)
}

function rowsNear({ rows, codes: a }: FeatureCodes, { codes: b }: FeatureCodes): boolean {
  const width = a.length / Math.max(1, rows)
  const most = Math.max(APART_AT_LEAST, APART * width)
  for (let row = 0; row < rows; row++) {
    let apart = 0
    for (let at = row * width; at < (row + 1) * width; at++) {
      const gap = Math.abs((a[at] as number) - (b[at] as number))
      if (gap > 1) return false
      apart += gap
    }
    if (apart > most) return false
  }
  return true
}

/** Within a share of ours, so that nothing that is not finite is near. */
export function near(ours: Float32Array | Float64Array, theirs: Float32Array | Float64Array): boolean {
  return ours.every(
    (value, index) => Math.abs(value - (theirs[index] as number)) <= RELATIVE * Math.abs(value),
  )
}
