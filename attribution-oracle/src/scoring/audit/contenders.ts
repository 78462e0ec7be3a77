import type { ScoreMatrix } from '../capture'
import { columnSpreads } from '../methods/combine'
import type { BaseScores } from './baseScores'
import type { Base } from './candidates'
import { type CheckpointSet, checkpointSets, explored, type Runs } from './checkpointSets'
import type { Contender } from './choose'
import { type Evidence, parted, predictions } from './evidence'
import { ldsOf } from './lds'

/** Checkpoints at which candidates are compared; the chosen one then runs over all of its set. */
const MOST_EXPLORED = 4
/** Settings of one method that stay in the race after the first checkpoint: mixes live on unlike methods. */
const MOST_RUNNERS = 3
const LEEWAY = 0.15

export interface Contest extends Contender {
  readonly base: Base
  readonly set: CheckpointSet
}

export interface RaceOptions {
  readonly runs: Runs
  /** at which candidates are compared; a few that stand for all where it is absent */
  readonly compared?: readonly number[]
  readonly evidence: Evidence
  readonly seed: string
  /** never dropped */
  readonly standing: readonly Base[]
  /** usage divides every checkpoint's columns by their spread, value sums them as they are */
  readonly question: 'usage' | 'value'
  readonly signal?: AbortSignal
}

/**
 * All candidates at one checkpoint, those that do well on the choosing half at the others: the cost of a job is a few
 * dozen matrices, not candidates x checkpoints. Sums over subsets are linear in the scores, so that sets of checkpoints
 * are compared without keeping a matrix.
 */
export async function race(
  bases: readonly Base[],
  scores: BaseScores,
  options: RaceOptions,
): Promise<Contest[]> {
  const { runs, evidence, seed, standing, question, signal } = options
  const checkpoints = options.compared ?? explored(runs, MOST_EXPLORED)
  const { choosing } = parted(evidence.subsets, seed)
  const sums = new Map<string, Map<number, Float64Array>>()
  const stands = new Set(standing.map(({ id }) => id))
  let runners: readonly Base[] = [...standing, ...bases.filter(({ id }) => !stands.has(id))]
  for (const checkpoint of checkpoints) {
    for (const base of runners) {
      signal?.throwIfAborted()
      const matrix = await scores.at(base, checkpoint)
      const own = sums.get(base.id) ?? new Map<number, Float64Array>()
      own.set(checkpoint, predictions(evidence, question === 'usage' ? levelled(matrix) : matrix))
      sums.set(base.id, own)
    }
    if (checkpoint === checkpoints[0]) {
      const figure = (base: Base): number => ldsOf(sums.get(base.id)!.get(checkpoint)!, evidence, choosing)
      const figures = new Map(runners.map(base => [base.id, figure(base)]))
      const best = Math.max(...figures.values())
      const ahead = [...runners].sort((a, b) => figures.get(b.id)! - figures.get(a.id)!)
      runners = ahead.filter(base => {
        const place = ahead.filter(({ method }) => method === base.method).indexOf(base)
        return stands.has(base.id) || (place < MOST_RUNNERS && figures.get(base.id)! >= best - LEEWAY)
      })
    }
  }
  return runners.flatMap(base => contestsOf(base, sums.get(base.id)!, runs))
}

function contestsOf(base: Base, sums: ReadonlyMap<number, Float64Array>, runs: Runs): Contest[] {
  const seen = new Set<string>()
  return checkpointSets(runs).flatMap(set => {
    const known = set.checkpoints.filter(checkpoint => sums.has(checkpoint))
    if (known.length === 0 || seen.has(known.join())) return []
    seen.add(known.join())
    const total = sums.get(known[0]!)!.slice()
    for (const checkpoint of known.slice(1))
      sums.get(checkpoint)!.forEach((value, at) => (total[at]! += value))
    return [{ id: `${base.id} at ${set.name}`, base, set, sums: total }]
  })
}

/** Every column divided by its standard deviation over the training samples. */
export function levelled({ rows, columns, data }: ScoreMatrix): ScoreMatrix {
  const by = columnSpreads({ rows, columns, data })
  return {
    rows,
    columns,
    data: data.map((value, at) => (by[at % columns]! > 0 ? value / by[at % columns]! : 0)),
  }
}
