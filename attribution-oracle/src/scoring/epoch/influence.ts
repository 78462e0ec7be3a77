/**
 * What a file did for a target at one checkpoint: g_targetᵀ (F + λI)⁻¹ g_i, with g_i the file's gradient summed over
 * its tokens. Positive: learning the file lowers the target's loss. Additive over files, so that splitting a
 * contribution over accounts or files changes nothing.
 * @param direction (F + λI)⁻¹ g_target
 */
export function influence(direction: Float64Array, features: Float64Array): number {
  let sum = 0
  for (let index = 0; index < direction.length; index++) {
    sum += (direction[index] as number) * (features[index] as number)
  }
  return sum
}
