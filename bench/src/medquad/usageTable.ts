import type { ScoreMatrix } from '../../../attribution-oracle/src/scoring/capture'
import type { Row, Table } from '../table'
import { bootstrap, formatInterval } from './bootstrap'
import { AGGREGATES, byInstitute, ranksFirst, share, type Aggregate } from './ranking'
import type { Sequences } from './sequences'

const BAR = 0.8

export interface Contender {
  readonly method: string
  /** rows x questions */
  readonly scores: ScoreMatrix
  /** The product adds up over an institute's rows. A baseline may take whichever aggregate is best for it here. */
  readonly aggregates: readonly Aggregate[]
}

export const ADDED_UP: readonly Aggregate[] = ['sum']
export const BEST_FOR_IT: readonly Aggregate[] = AGGREGATES

/** How often the institute that wrote a held-out answer ranks first. The first contender is the one with the bar. */
export function usageTable(
  { institutes, rows, questions }: Sequences,
  contenders: readonly Contender[],
): Table {
  const owners = rows.map(({ institute }) => institute)
  const gold = questions.map(({ institute }) => institute)
  const results = contenders.map(({ method, scores, aggregates }) => {
    const tried = aggregates.map(aggregate => ({
      aggregate,
      hits: ranksFirst(byInstitute(scores, owners, institutes.length, aggregate), gold),
    }))
    const best = tried.reduce((most, one) => (share(one.hits) > share(most.hits) ? one : most))
    return { method, ...best }
  })
  const table = results.map(({ method, aggregate, hits }, index): Row => {
    const interval = bootstrap('usage', draw => share(draw(hits.length).map(question => hits[question]!)))
    return {
      method,
      'over rows': aggregate,
      'ranks first': Number(share(hits).toFixed(3)),
      '95 %': formatInterval(interval),
      ...Object.fromEntries(
        institutes.map((institute, of) => [
          institute,
          Math.round(100 * share(hits.filter((_, question) => gold[question] === of))),
        ]),
      ),
      ...(index === 0 && { bar: `>= ${BAR}` }),
    }
  })
  const reached = share(results[0]!.hits)
  return {
    title: `Usage: the institute that wrote the answer ranks first among ${institutes.length}, ${gold.length} held-out questions`,
    rows: table,
    notes: NOTES,
    ...(reached < BAR && { missed: [`usage: ranks first in ${reached.toFixed(3)}, at least ${BAR}`] }),
  }
}

const NOTES = [
  'As many questions of every institute as there are, up to the same number; by institute: percent. What is attributed is',
  "the answer; the gradient part has the question as context, and for BM25 both are given. The product's scores are added",
  'up over rows, without any correction for size; each baseline has the aggregate over rows that is best for it here.',
  "The projection was chosen out of two on another split; damping and equal weight of both parts are the product's own.",
  '95 %: bootstrap over questions.',
]
