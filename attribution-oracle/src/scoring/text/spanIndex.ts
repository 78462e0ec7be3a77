import type { TextShard } from '../../domain'
import { AttributionOracleError } from '../../errors'
import { Holders, type DocumentTables } from './documentTables'
import { LiveShard } from './liveShard'
import { maximalSpans } from './maximalSpans'
import { MemoryShard } from './memoryShard'
import { responseSymbols } from './responseSymbols'
import { Surprisal } from './surprisal'

export interface SpanOptions {
  /** Shorter matches are chance; 3 tokens by default. */
  readonly minLength?: number
  /**
   * A span that more clusters hold says nothing about any of them: it is reported and credits nobody. 1,024 by default,
   * so that nobody loses more than a thousandth of a span's weight.
   */
  readonly maxClusters?: number
}

/** A part of a response that stands in the corpus and cannot be extended on either side. */
export interface Span {
  /** where it begins first, in tokens of the response; said once however often the response repeats it */
  readonly start: number
  readonly length: number
  /** (Σ -ln p of its tokens)·(length / 8)²: nats */
  readonly weight: number
  /** the content clusters that hold it, ascending; empty where they are more than `maxClusters` */
  readonly clusters: Int32Array
}

/** A response's spans added up. Each sums to the same: the weight of all spans that some cluster is credited with. */
export interface SpanShares {
  /** [documents]: a cluster's share stands at its representative, the first committed document that is not withdrawn */
  readonly documents: Float64Array
  readonly clusters: Float64Array
  /** [highest contributor + 1] */
  readonly contributors: Float64Array
}

export interface IndexedDocument {
  readonly tokens: ArrayLike<number>
  readonly contributor: number
  /** its own, if absent in all documents */
  readonly cluster?: number
}

/**
 * Finds what of a response stands in the contributors' text, and whose it is. What it answers depends on the documents
 * and the tables, never on how the documents lie in shards: a withdrawn one answers as if it had never been there.
 */
export class SpanIndex {
  readonly surprisal: Surprisal
  private readonly live: readonly LiveShard[]
  private readonly holders: Holders
  private readonly minLength: number
  private readonly maxClusters: number
  /** by cluster: the span that last met it */
  private readonly seen: Float64Array
  private spansSeen = 0

  /** @throws INVALID_ARGUMENT options or tables out of range, or a shard with a document that the tables lack */
  constructor(shards: readonly TextShard[], tables: DocumentTables, options: SpanOptions = {}) {
    const { minLength = 3, maxClusters = 1024 } = options
    this.minLength = positive('minLength', minLength)
    this.maxClusters = positive('maxClusters', maxClusters)
    this.holders = new Holders(tables)
    for (const { documents } of shards)
      if (documents.length > 0) inTables(documents[documents.length - 1]!, this.holders.documents)
    this.live = shards.map(shard => new LiveShard(shard, this.holders))
    const counts = new Float64Array(Math.max(1, ...shards.map(({ alphabet }) => alphabet)))
    for (const shard of this.live) shard.count(counts)
    this.surprisal = new Surprisal(counts)
    this.seen = new Float64Array(this.holders.representatives.length)
  }

  /** An index of one shard in memory. Documents come in the order of their commits. */
  static build(documents: readonly IndexedDocument[], options: SpanOptions = {}): SpanIndex {
    const clusters = documents.flatMap(({ cluster }) => cluster ?? [])
    if (clusters.length > 0 && clusters.length < documents.length)
      throw invalid('documents', `${clusters.length} of ${documents.length} with a cluster`, 'all or none')
    const tables = {
      contributors: documents.map(({ contributor }) => contributor),
      ...(clusters.length > 0 && { clusters }),
    }
    return new SpanIndex([MemoryShard.build(documents.map(({ tokens }) => tokens))], tables, options)
  }

  /** @throws INVALID_ARGUMENT a token that is no whole number from 0 */
  spansOf(response: ArrayLike<number>): Span[] {
    const symbols = responseSymbols(response)
    return maximalSpans(symbols, this.minLength, from => this.longest(symbols, from)).map(
      ({ start, length }) => ({
        start,
        length,
        weight: this.surprisal.weight(symbols, start, length),
        clusters: this.clustersOf(symbols, start, start + length),
      }),
    )
  }

  /** Splits each span's weight equally over its clusters: not over documents, or else copying would pay. */
  scores(response: ArrayLike<number>): SpanShares {
    const { holders } = this
    const documents = new Float64Array(holders.documents)
    const clusters = new Float64Array(holders.representatives.length)
    const contributors = new Float64Array(holders.contributorCount)
    for (const span of this.spansOf(response)) {
      const share = span.weight / span.clusters.length
      for (const cluster of span.clusters) clusters[cluster]! += share
    }
    for (let cluster = 0; cluster < clusters.length; cluster++) {
      const representative = holders.representatives[cluster]!
      if (representative < 0) continue
      documents[representative] = clusters[cluster]!
      contributors[holders.contributors[representative]!]! += clusters[cluster]!
    }
    return { documents, clusters, contributors }
  }

  private longest(symbols: Int32Array, from: number): number {
    let longest = 0
    for (const shard of this.live) longest = Math.max(longest, shard.longest(symbols, from))
    return longest
  }

  private clustersOf(symbols: Int32Array, from: number, end: number): Int32Array {
    const span = ++this.spansSeen
    const found: number[] = []
    for (const shard of this.live) {
      shard.occurrences(symbols, from, end, document => {
        const cluster = this.holders.clusters[document]!
        if (this.seen[cluster] !== span) {
          this.seen[cluster] = span
          found.push(cluster)
        }
        return found.length <= this.maxClusters
      })
    }
    return found.length > this.maxClusters ? new Int32Array(0) : Int32Array.from(found).sort()
  }
}

function positive(argument: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value
  throw invalid(argument, String(value), 'a whole number from 1')
}

function inTables(document: number, documents: number): void {
  if (document >= documents)
    throw invalid('tables', `${documents} documents`, `more than ${document}, which a shard holds`)
}

function invalid(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `A span index cannot be opened: ${argument} is out of range`, got, expected },
    { argument, got, expected },
  )
}
