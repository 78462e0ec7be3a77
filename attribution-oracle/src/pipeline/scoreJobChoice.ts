import type { LoadedJob } from '../job'
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
  readonly report?: Record<string, unknown>
}

/** n x n kernels are exact and fast up to here. */
const MOST_KERNEL_ROWS = 5000
/** A kernel, its weighted copy and its factor. */
const KERNEL_BYTES = 3 * 8

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

/** Without evidence: by model, task and size. */
export function chooseByRule(loaded: LoadedJob, memory: number): Choice {
  const { job, graph, train } = loaded
  const settings = statedSettings(loaded, memory)
  const choice = (method: MethodName, why: string, checkpoints = everyCheckpoint(loaded)): Choice => ({
    method,
    settings,
    checkpoints,
    why,
    by: 'rule',
  })
  if (job.question === 'self')
    return choice('self-influence', 'the question is what each sample did for itself')
  if (job.task === 'causal-lm') return choice('ek-fac', 'a language model without evidence about its spans')
  const convex =
    graph.layers.length === 1 && graph.parameters.length <= 2 && graph.layers[0]?.kind === 'linear'
  if (convex) return choice('closed-form', 'one linear layer is convex: its influence has a closed form')
  const kernels = KERNEL_BYTES * train.count ** 2
  if (train.count > MOST_KERNEL_ROWS || kernels > memory)
    return choice('logra', `${train.count} samples are too many for n x n kernels`)
  if (job.task === 'regression')
    return choice('ggn', 'a small regression: the Gauss-Newton matrix of each layer is exact')
  return choice('dual-margin-ggn', `${train.count} samples, a network of ${graph.layers.length} layers`)
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
