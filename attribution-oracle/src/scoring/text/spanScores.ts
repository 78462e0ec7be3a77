import type { ScoreMatrix } from '../capture'
import { Holders } from './documentTables'
import { MemoryShard } from './memoryShard'
import { indifferent, informative, ownMatches } from './ownMatches'
import { SpanIndex } from './spanIndex'

/**
 * What a row is credited with.
 *
 * `own`: the maximal spans that it would have if it were the whole corpus, each with its full weight: a shorter match
 * still teaches, and so does the second holder of a phrase.
 * `rare`: the same, each span times ln((rows + 1) / rows that hold it): what all rows hold teaches little more for one
 * of them, and where short phrases abound, `own` follows the size of a contributor.
 * `shared`: the spans that are maximal in the whole corpus, each split over the clusters that hold it, as SpanIndex
 * does for payments: what a span can credit is bounded, and only the longest match counts.
 *
 * Seen on one text each: `own` predicts retraining best on a corpus of planted phrases (tinylm), `shared` ranks the
 * authors of prose best (MedQuAD), and each is worst at the other. `rare` was chosen between them with both in view.
 */
export type SpanForm = 'own' | 'rare' | 'shared'

export interface SpanScoreOptions {
  /** `rare` by default; an audit of the data at hand knows better. */
  readonly form?: SpanForm
  /** Shorter matches do not count; by default 2 tokens, the shortest that have an order: weights see to the rest. */
  readonly minLength?: number
  /** [n_train]: content clusters, dense from 0; a cluster's score stands at its first row. Absent: each row is its own */
  readonly clusters?: ArrayLike<number>
  /** shared: see SpanIndex */
  readonly maxClusters?: number
}

/**
 * How much of each query stands in each training row, in nats: [n_train, n_query], never negative. Rows come in the
 * order of their commits; token frequencies are those of the training rows.
 *
 * @throws INVALID_ARGUMENT tokens, clusters or options out of range
 */
export function spanScores(
  train: readonly ArrayLike<number>[],
  query: readonly ArrayLike<number>[],
  options: SpanScoreOptions = {},
): ScoreMatrix {
  const { form = 'rare', minLength = 2, clusters, maxClusters } = options
  const shard = MemoryShard.build(train)
  const tables = { contributors: train.map((_, row) => row), ...(clusters && { clusters }) }
  const index = new SpanIndex([shard], tables, { minLength, ...(maxClusters && { maxClusters }) })
  const rarity = form === 'own' ? indifferent : informative
  const score =
    form === 'shared'
      ? (tokens: ArrayLike<number>) => index.scores(tokens).documents
      : ownMatches(shard, new Holders(tables), { surprisal: index.surprisal, minLength, rarity })
  const data = new Float64Array(train.length * query.length)
  query.forEach((tokens, column) => {
    const scores = score(tokens)
    for (let row = 0; row < train.length; row++) data[row * query.length + column] = scores[row]!
  })
  return { rows: train.length, columns: query.length, data }
}
