import type { TextShard } from '../../domain'
import type { Holders } from './documentTables'
import { ShardSearch } from './shardSearch'

/** A shard as if its withdrawn documents were not in it. */
export class LiveShard {
  private readonly search: ShardSearch
  /** by ordinal within the shard; undefined where all are live */
  private readonly withdrawn: Uint8Array | undefined

  constructor(
    readonly shard: TextShard,
    holders: Holders,
  ) {
    this.search = new ShardSearch(shard)
    const withdrawn = Uint8Array.from(shard.documents, document => holders.withdrawn[document]!)
    this.withdrawn = withdrawn.includes(1) ? withdrawn : undefined
  }

  /** Adds how often each symbol occurs in live documents. */
  count(counts: Float64Array): void {
    const { shard, withdrawn } = this
    for (let symbol = 1; symbol < shard.alphabet; symbol++)
      counts[symbol]! += shard.buckets[symbol + 1]! - shard.buckets[symbol]!
    withdrawn?.forEach((gone, document) => {
      const end = shard.starts[document + 1]! - 1
      if (gone) for (let at = shard.starts[document]!; at < end; at++) counts[shard.symbol(at)]!--
    })
  }

  /** The length of the longest part of a live document that response[from, ...) begins with. */
  longest(response: Int32Array, from: number): number {
    const { search } = this
    const end = response.length
    search.lower(response, from, end)
    if (!this.withdrawn) return Math.max(search.sharedBefore, search.sharedAt)
    const { rank, sharedBefore, sharedAt } = search
    const before = this.nearestLive(rank - 1, -1, sharedBefore, 0, response, from)
    return this.nearestLive(rank, 1, sharedAt, before, response, from)
  }

  /** Walks away from `rank` to a live suffix, for as long as that may share more than `best`. */
  private nearestLive(
    rank: number,
    step: 1 | -1,
    shared: number,
    best: number,
    response: Int32Array,
    from: number,
  ): number {
    while (shared > best) {
      if (!this.withdrawn![this.search.documentAt(this.shard.suffix(rank))]) return shared
      rank += step
      if (rank < 0 || rank >= this.shard.length) return best
      shared = this.search.shared(rank, response, from, from + shared)
    }
    return best
  }

  /** Calls `visit` with the number of the document of each live occurrence of response[from, end), until it says no. */
  occurrences(
    response: Int32Array,
    from: number,
    end: number,
    visit: (document: number, position: number) => boolean,
  ): void {
    const { search, shard, withdrawn } = this
    search.upper(response, from, end)
    const last = search.rank
    search.lower(response, from, end)
    for (let rank = search.rank; rank < last; rank++) {
      const position = shard.suffix(rank)
      const ordinal = search.documentAt(position)
      if (!withdrawn?.[ordinal] && !visit(shard.documents[ordinal]!, position)) return
    }
  }
}
