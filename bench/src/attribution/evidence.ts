import type { NpyArray } from '@open-datanets/onnx-engine'
import { rowsOf } from './arrays'
import { scoreAsUser, type Job } from './scoreAsUser'
import { agreement, product, standardColumns, type Matrix, type Retrained } from './scorer'

/** Retrained subsets, half of them for a job's audit, the other half to judge what it chose. */
export interface Parted {
  readonly job: Job
  readonly judged: Retrained
}

/** @param first whether the audit gets the first half of the subsets, or the second; the job never sees the other one */
export function parted({ members, losses }: Retrained, first = true): Parted {
  const middle = members.rows >> 1
  const halves = [
    Array.from({ length: middle }, (_, i) => i),
    Array.from({ length: members.rows - middle }, (_, i) => middle + i),
  ] as const
  const [given, kept] = first ? halves : [halves[1], halves[0]]
  return {
    job: {
      audit: { masks: 'masks.npy', losses: 'losses.npy' },
      files: {
        'masks.npy': bytes(rowsOf(members, given)),
        'losses.npy': numbers(rowsOf(losses, given)),
      },
    },
    judged: { members: rowsOf(members, kept), losses: rowsOf(losses, kept) },
  }
}

/**
 * What audits choose that see one half of the retrains: every subset is predicted by what was chosen without it, and the
 * predictions of all subsets are ranked together, because Spearman's correlation falls with the number of subsets (for the
 * same scores by some .01 from 60 to 30), and bars are of all.
 */
export async function crossFitted(
  retrained: Retrained,
  job: Job,
): Promise<{ LDS: number; seconds: number; method: string; scores: Matrix }> {
  const ways = []
  for (const first of [true, false]) {
    const { job: audit } = parted(retrained, first)
    const { matrix, seconds, method } = await scoreAsUser({
      question: 'usage',
      ...job,
      ...audit,
      files: { ...job.files, ...audit.files },
    })
    ways.push({ scores: matrix(''), seconds, method })
  }
  const [one, two] = [ways[0]!, ways[1]!]
  const middle = retrained.members.rows >> 1
  const held = predictedApart(retrained, two.scores, one.scores, middle)
  return { ...one, LDS: agreement(held, retrained), seconds: (one.seconds + two.seconds) / 2 }
}

/** Predictions of the subsets before `middle` by one matrix, of the others by another, both at mean 0 and unit spread. */
function predictedApart({ members }: Retrained, before: Matrix, after: Matrix, middle: number): Matrix {
  const [one, two] = [before, after].map(scores => standardColumns(product(members, scores)))
  const data = Float64Array.from(one!.data)
  for (let at = middle * one!.columns; at < data.length; at++) data[at] = two!.data[at]!
  return { ...one!, data }
}

const bytes = ({ rows, columns, data }: Matrix): NpyArray => ({
  shape: [rows, columns],
  dtype: 'uint8',
  data: Uint8Array.from(data),
})

const numbers = ({ rows, columns, data }: Matrix): NpyArray => ({
  shape: columns === 1 ? [rows] : [rows, columns],
  dtype: 'float64',
  data: Float64Array.from(data),
})
