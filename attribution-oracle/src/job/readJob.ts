import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { sha256, type Digest } from '../domain'
import { scoreJob, type ScoreJob } from './document'
import { invalidJob, JobFaults } from './faults'

/** A job as its file says it, with the folder that its paths are relative to. */
export interface JobFile {
  readonly job: ScoreJob
  readonly folder: string
  /** SHA-256 of the file's bytes */
  readonly digest: Digest
  /** Absolute path of a file that the job names. */
  pathOf(file: string): string
}

/** @throws INVALID_JOB with all faults of the document at once */
export async function readJob(path: string): Promise<JobFile> {
  const faults = new JobFaults()
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    faults.add(
      path,
      `no readable file (${error.code ?? error.message})`,
      'a job: JSON of open-datanets/score-job',
    )
    return undefined
  })
  faults.check()
  const folder = dirname(resolve(path))
  const job = parseJob(path, bytes!.toString())
  return { job, folder, digest: sha256(bytes!), pathOf: file => resolve(folder, file) }
}

/** @throws INVALID_JOB */
export function parseJob(name: string, text: string): ScoreJob {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw invalidJob([
      { name, got: error instanceof Error ? error.message : String(error), expected: 'JSON' },
    ])
  }
  const parsed = scoreJob.safeParse(json)
  if (parsed.success) return parsed.data
  throw invalidJob(parsed.error.issues.flatMap(issue => faultsOf(issue, json)))
}

function faultsOf(issue: z.core.$ZodIssue, json: unknown): { name: string; got: string; expected: string }[] {
  const at = (path: readonly PropertyKey[]): string => path.map(String).join('.') || '(job)'
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({
      name: at([...issue.path, key]),
      got: 'a field that does not exist',
      expected: 'no such field',
    }))
  const value = issue.path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    json,
  )
  const expected =
    issue.code === 'invalid_value' && issue.values.length > 1
      ? `one of ${issue.values.join(', ')}`
      : issue.message.replace(/^Invalid input: expected /, '')
  return [{ name: at(issue.path), got: shown(value), expected }]
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
