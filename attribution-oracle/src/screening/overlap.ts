export interface Overlap {
  readonly jaccard: number
  /** Share of the first set that lies in the second. */
  readonly containment: number
}

/** Exact overlap of two ascending sets. */
export function overlap(set: Float64Array, other: Float64Array): Overlap {
  let left = 0
  let right = 0
  let both = 0
  while (left < set.length && right < other.length) {
    const a = set[left] as number
    const b = other[right] as number
    if (a === b) both++
    if (a <= b) left++
    if (b <= a) right++
  }
  const union = set.length + other.length - both
  return { jaccard: union === 0 ? 0 : both / union, containment: set.length === 0 ? 0 : both / set.length }
}
