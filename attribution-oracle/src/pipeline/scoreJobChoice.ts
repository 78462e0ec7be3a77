import type { LoadedJob } from '../job'
import type { AuditReport } from '../scoring/audit'
import type { MethodName, MethodSettings } from '../scoring/capture'

/** How a job is scored, and why so. */
export interface Choice {
  readonly method: MethodName
  readonly settings: MethodSettings
  /** indices of the checkpoints that are used */
  readonly checkpoints: readonly number[]
  /** of the spans beside the gradient part, for the hybrid */
  readonly spanWeight?: number
  readonly gradientMethod?: MethodName
  /** one line for people */
  readonly why: string
  readonly by: 'name' | 'audit' | 'rule'
  /** figures for people, by their names: what the evidence said */
  readonly summary?: Readonly<Record<string, unknown>>
  /** the audit's report, as it goes into the receipt */
  readonly report?: AuditReport
  /** what is mixed, with its share: methods at checkpoints, spans */
  readonly parts?: readonly {
    readonly id: string
    readonly weight: number
    readonly checkpoints: readonly number[]
  }[]
}

export const everyCheckpoint = ({ checkpoints }: LoadedJob): number[] =>
  Array.from({ length: checkpoints.count }, (_, index) => index)

/** The settings that a job states, for any method. */
export function statedSettings({ job }: LoadedJob, memory: number): MethodSettings {
  const { damping, projection, fisher } = job.settings
  return {
    seed: job.seed,
    memory,
    ...(damping !== undefined && { damping }),
    ...(projection !== undefined && { projection }),
    ...(fisher !== undefined && { fisher }),
    ...(job.weightDecay !== undefined && { weightDecay: String(job.weightDecay) }),
  }
}

/** What `auto` comes to where the audit has no part: self-influence, and more samples than memory. */
export function chooseByRule(loaded: LoadedJob, memory: number): Choice {
  const isSelf = loaded.job.question === 'self'
  return {
    method: isSelf ? 'self-influence' : 'logra',
    settings: statedSettings(loaded, memory),
    checkpoints: everyCheckpoint(loaded),
    why: isSelf
      ? 'the question is what each sample did for itself'
      : `${loaded.train.count} samples: features, whose cost grows linearly`,
    by: 'rule',
  }
}

/** What the job names. */
export function chooseByName(loaded: LoadedJob, memory: number): Choice {
  const { method } = loaded.job
  return {
    method: method as MethodName,
    settings: statedSettings(loaded, memory),
    checkpoints: everyCheckpoint(loaded),
    why: 'the job names it',
    by: 'name',
    ...(method === 'hybrid' && { gradientMethod: 'ek-fac', spanWeight: 1 }),
  }
}
