/** Positions and lengths within a shard are counted in 31 bits. */
const MAX_LENGTH = 2 ** 31 - 1

/**
 * How many of the newest shards to merge into one, 0 for none: as many as it takes for each shard to be more than
 * twice the one after it. So there are at most log2 of the corpus, and a token is sorted again that often at most.
 *
 * @param lengths oldest first
 */
export function newestToMerge(lengths: readonly number[]): number {
  let merged = lengths.at(-1) ?? 0
  let count = 1
  for (let i = lengths.length - 2; i >= 0; i--) {
    const length = lengths[i]!
    if (length > 2 * merged || length + merged > MAX_LENGTH) break
    merged += length
    count++
  }
  return count > 1 ? count : 0
}
