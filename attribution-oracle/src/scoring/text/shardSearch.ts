import type { TextShard } from '../../domain'

/**
 * Binary search in one shard for parts of a response. Results lie in fields, so that the thousands of searches of a
 * response allocate nothing.
 */
export class ShardSearch {
  /** The first suffix that is not below what was sought, or not below and not begun by it. */
  rank = 0
  /** Symbols that the suffix before `rank`, and the one at it, share with what was sought. */
  sharedBefore = 0
  sharedAt = 0

  constructor(readonly shard: TextShard) {}

  /** Finds response[from, end) among the suffixes: the rank before which every suffix is below it. */
  lower(response: Int32Array, from: number, end: number): void {
    this.search(response, from, end, 1)
  }

  /** As `lower`, but suffixes that begin with it count as below. */
  upper(response: Int32Array, from: number, end: number): void {
    this.search(response, from, end, -1)
  }

  /** `whole` is the order of a suffix that begins with all of response[from, end) against it. */
  private search(response: Int32Array, from: number, end: number, whole: 1 | -1): void {
    const { shard } = this
    const first = response[from]!
    let below = -1
    let above = 0
    let sharedBelow = 0
    let sharedAbove = 0
    if (first >= 0 && first < shard.alphabet) {
      below = shard.buckets[first]! - 1
      above = shard.buckets[first + 1]!
    }
    while (above - below > 1) {
      const middle = (below + above) >>> 1
      const suffix = shard.suffix(middle)
      const most = Math.min(end - from, shard.length - suffix)
      let shared = sharedBelow < sharedAbove ? sharedBelow : sharedAbove
      let order = 0
      while (shared < most && order === 0) {
        order = shard.symbol(suffix + shared) - response[from + shared]!
        if (order === 0) shared++
      }
      if (order === 0) order = shared === end - from ? whole : -1
      if (order < 0) {
        below = middle
        sharedBelow = shared
      } else {
        above = middle
        sharedAbove = shared
      }
    }
    this.rank = above
    this.sharedBefore = sharedBelow
    this.sharedAt = sharedAbove
  }

  /** Symbols that the suffix at `rank` shares with response[from, end). */
  shared(rank: number, response: Int32Array, from: number, end: number): number {
    const { shard } = this
    const suffix = shard.suffix(rank)
    const most = Math.min(end - from, shard.length - suffix)
    let shared = 0
    while (shared < most && shard.symbol(suffix + shared) === response[from + shared]) shared++
    return shared
  }

  /** The ordinal, within the shard, of the document at `position`. */
  documentAt(position: number): number {
    const { starts } = this.shard
    let low = 0
    let high = starts.length - 1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (starts[middle]! <= position) low = middle
      else high = middle
    }
    return low
  }
}
