import { basename } from 'node:path'
import { version } from '../../package.json'
import type { Digest } from '../domain'
import type { LoadedJob, Written } from '../job'
import type { Plan } from './scoreJobPlan'

export const SCORE_RECEIPT_FORMAT = 'open-datanets/score-receipt'

export interface UsedCheckpoint {
  readonly name: string
  readonly digest: Digest
}

/** What decides the scores, and their digests: the same job on the same machine gives the same receipt. */
export function receiptOf(
  { job, digest, files, runtime, train, query, groups, evidence }: LoadedJob,
  { choice, route, notes }: Plan,
  checkpoints: readonly UsedCheckpoint[],
  provider: string | undefined,
): (written: readonly Written[]) => Record<string, unknown> {
  return written => ({
    format: SCORE_RECEIPT_FORMAT,
    version: 1,
    job: digest,
    task: job.task,
    question: job.question,
    files: files.map(({ name, digest }) => ({ name, digest })),
    checkpoints,
    counts: {
      train: train.count,
      query: query?.count ?? 0,
      groups: groups?.count ?? 0,
      subsets: evidence?.subsets ?? 0,
    },
    choice: {
      method: choice.method,
      by: choice.by,
      why: choice.why,
      settings: { ...choice.settings },
      checkpoints: choice.checkpoints,
      ...(choice.gradientMethod !== undefined && { gradientMethod: choice.gradientMethod }),
      ...(choice.spanWeight !== undefined && { spanWeight: choice.spanWeight }),
      ...(choice.parts && { parts: choice.parts }),
      report: choice.report ?? null,
    },
    route,
    notes,
    engine: { onnxruntime: runtime, providers: job.providers, provider: provider ?? null, code: version },
    seed: job.seed,
    outputs: written.map(({ path, shape, digest }) => ({ file: basename(path), shape, digest })),
  })
}
