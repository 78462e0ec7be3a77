import type { NpyArray } from '@open-datanets/onnx-engine'
import { rowsOf } from './arrays'
import type { Job } from './scoreAsUser'
import type { Matrix, Retrained } from './scorer'

/** Retrained subsets, half of them for a job's audit, the other half to judge what it chose. */
export interface Parted {
  readonly job: Job
  readonly judged: Retrained
}

/** The first half is the audit's; the job never sees the second. */
export function parted({ members, losses }: Retrained): Parted {
  const middle = members.rows >> 1
  const given = Array.from({ length: middle }, (_, i) => i)
  const kept = Array.from({ length: members.rows - middle }, (_, i) => middle + i)
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
