import type { TextShard } from '../../domain'
import { ShardSearch } from './shardSearch'

/**
 * The longest match of every cluster at a position of a response, for all clusters that match `minLength` tokens or
 * more there: those around the place of response[from, ...) in the order of suffixes.
 */
export class ClusterMatches {
  /** the clusters that match, in no order: the first `count` entries */
  readonly clusters: Int32Array
  /** [clusters]: the longest match of each that matches */
  readonly lengths: Int32Array
  count = 0
  private readonly search: ShardSearch
  /** [clusters]: the question at which each was last met */
  private readonly met: Float64Array
  private asked = 0

  /** @param clusterOf [documents]: the cluster of each document of the shard */
  constructor(
    private readonly shard: TextShard,
    private readonly clusterOf: Int32Array,
    clusters: number,
    private readonly minLength: number,
  ) {
    this.search = new ShardSearch(shard)
    this.clusters = new Int32Array(clusters)
    this.lengths = new Int32Array(clusters)
    this.met = new Float64Array(clusters)
  }

  /** Fills `clusters`, `lengths` and `count`. */
  find(response: Int32Array, from: number): void {
    const { search } = this
    this.count = 0
    this.asked++
    search.lower(response, from, response.length)
    const { rank, sharedBefore, sharedAt } = search
    this.walk(rank - 1, -1, sharedBefore, response, from)
    this.walk(rank, 1, sharedAt, response, from)
  }

  /** The further from the place of the response, the less a suffix shares with it. */
  private walk(rank: number, step: 1 | -1, shared: number, response: Int32Array, from: number): void {
    while (shared >= this.minLength) {
      this.meet(this.clusterOf[this.search.documentAt(this.shard.suffix(rank))]!, shared)
      rank += step
      if (rank < 0 || rank >= this.shard.length) return
      shared = this.search.shared(rank, response, from, from + shared)
    }
  }

  private meet(cluster: number, length: number): void {
    if (this.met[cluster] !== this.asked) {
      this.met[cluster] = this.asked
      this.clusters[this.count++] = cluster
      this.lengths[cluster] = length
    } else if (length > this.lengths[cluster]!) this.lengths[cluster] = length
  }
}
