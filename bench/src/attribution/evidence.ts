import type { NpyArray } from '@open-datanets/onnx-engine'
import { rowsOf } from './arrays'
import { scoreAsUser, type Job } from './scoreAsUser'
import { linearDatamodelingScore, type Matrix, type Retrained } from './scorer'

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

/** What audits choose that see one half of the retrains, by the other half: the mean of both ways round. */
export async function crossFitted(
  retrained: Retrained,
  job: Job,
): Promise<{ LDS: number; seconds: number; method: string; scores: Matrix }> {
  const ways = []
  for (const first of [true, false]) {
    const { job: audit, judged } = parted(retrained, first)
    const { matrix, seconds, method } = await scoreAsUser({
      question: 'usage',
      ...job,
      ...audit,
      files: { ...job.files, ...audit.files },
    })
    ways.push({ scores: matrix(''), seconds, method, LDS: linearDatamodelingScore(matrix(''), judged) })
  }
  const [one, two] = [ways[0]!, ways[1]!]
  return { ...one, LDS: (one.LDS + two.LDS) / 2, seconds: (one.seconds + two.seconds) / 2 }
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
