import { buildSuffixArray } from './suffixArray'

/**
 * For each position of a response, how long a part from there on has stood in it before, from an earlier position (the
 * two may overlap). A span no longer than that says again what was said, and is not counted again: the earlier part
 * lies in a span as long, and a model that repeats itself copies from its own context.
 *
 * In the order of suffixes the earlier suffix that shares most with suffix i is the nearest earlier one above it or
 * below it (longest previous factors: Crochemore and Ilie, "Computing longest previous factor in linear time", 2008).
 */
export function repeats(response: Int32Array): Int32Array {
  const n = response.length
  const { above, below } = nearestEarlier(buildSuffixArray(Uint32Array.from(response)))
  const longest = new Int32Array(n)
  let sharedAbove = 0
  let sharedBelow = 0
  for (let i = 0; i < n; i++) {
    sharedAbove = shared(response, i, above[i]!, sharedAbove)
    sharedBelow = shared(response, i, below[i]!, sharedBelow)
    longest[i] = Math.max(sharedAbove, sharedBelow)
  }
  return longest
}

/** By position: the nearest suffix on either side in the order of suffixes that begins earlier, or -1. */
function nearestEarlier(order: Int32Array): { above: Int32Array; below: Int32Array } {
  const n = order.length
  const above = new Int32Array(n).fill(-1)
  const below = new Int32Array(n).fill(-1)
  for (let rank = 1; rank < n; rank++) {
    above[order[rank]!] = order[rank - 1]!
    below[order[rank - 1]!] = order[rank]!
  }
  // Taking the last position out of the chain leaves those before it with earlier neighbours only.
  for (let i = n - 1; i >= 0; i--) {
    const up = above[i]!
    const down = below[i]!
    if (up >= 0) below[up] = down
    if (down >= 0) above[down] = up
  }
  return { above, below }
}

/** What response[i, ...) and response[j, ...) share, given what i - 1 and its own neighbour on this side shared. */
function shared(response: Int32Array, i: number, j: number, before: number): number {
  if (j < 0) return 0
  let length = before > 0 ? before - 1 : 0
  while (i + length < response.length && response[i + length] === response[j + length]) length++
  return length
}
