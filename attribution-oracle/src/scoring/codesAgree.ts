import { type CheckpointCodes, type EpochCodes, layoutOf } from './epochCodes'

/** Codes more than one apart, and codes apart at all: honest machines differ only where a number lies between two. */
const FAR = 0.001
const APART = 0.01
/** Relative, of scales, losses and self-influence. */
const RELATIVE = 1 / 4096

/**
 * Whether two operators can both have computed these honestly. Codes that differ by one everywhere would move a value
 * by some per cent, so few of them may differ at all.
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
    const [a, b] = [ours[part], theirs[part]]
    return near(a.scales, b.scales) && codesNear(a.codes, b.codes)
  })
}

function codesNear(a: Int8Array, b: Int8Array): boolean {
  let apart = 0
  let far = 0
  for (let index = 0; index < a.length; index++) {
    const gap = Math.abs((a[index] as number) - (b[index] as number))
    if (gap > 0) apart++
    if (gap > 1) far++
  }
  return far <= FAR * a.length && apart <= APART * a.length
}

/** Within a share of ours, so that nothing that is not finite is near. */
function near(ours: Float32Array | Float64Array, theirs: Float32Array | Float64Array): boolean {
  return ours.every(
    (value, index) => Math.abs(value - (theirs[index] as number)) <= RELATIVE * Math.abs(value),
  )
}
