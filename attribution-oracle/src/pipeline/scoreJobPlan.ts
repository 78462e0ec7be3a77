import { invalidJob, memoryBytes, rowsOf, type LoadedJob, type Passes } from '../job'
import { chooseByName, chooseByRule, type Choice } from './scoreJobChoice'

/**
 * How the numbers are come by. exact: with the codes of all samples in memory.
 * audit: the same, by what the evidence or the rules for models without any choose. stored: with projected gradients on disk,
 * whatever the number of samples. texts: without the model.
 */
export type Route = 'audit' | 'exact' | 'stored' | 'texts'

export interface Plan {
  readonly choice: Choice
  readonly route: Route
  /** whether the scores of all pairs are kept, or only what a value needs */
  readonly keepsPairs: boolean
  readonly notes: readonly string[]
}

const GIGABYTE = 1e9

/**
 * Method and route within the job's memory: half of it is for the codes of the samples and the matrices of a method, a
 * quarter for the scores of all pairs.
 * @throws INVALID_JOB where what the job asks does not fit, saying what would
 */
export async function planJob(loaded: LoadedJob, passes: Passes): Promise<Plan> {
  const { job, train, query } = loaded
  const budget = memoryBytes(job.memory)
  const memory = Math.floor(budget / 2)
  const choice = job.method === 'auto' ? chooseByRule(loaded, memory) : chooseByName(loaded, memory)
  if (choice.method === 'spans') return { choice, route: 'texts', keepsPairs: true, notes: [] }
  const needed = await codesBytes(loaded, passes)
  // a score and its square
  const keepsPairs = 16 * train.count * (query?.count ?? 1) <= budget / 4
  if (!keepsPairs && job.question === 'usage')
    throw invalidJob([
      {
        name: 'query',
        got: `${query!.count} queries for ${train.count} samples`,
        expected: `at most ${Math.floor(budget / 64 / train.count)} at a time within a memory of ${gigabytes(budget)}`,
      },
    ])
  // One row has no spread, by which the audit compares; LoGra says what it did all the same.
  const isAudit = asksEvidence(loaded) && job.question !== 'self' && train.count > 1
  if (job.features === undefined && needed <= budget / 2)
    return {
      choice,
      route: isAudit ? 'audit' : 'exact',
      keepsPairs,
      notes: job.method === 'auto' ? overruled(job) : [],
    }
  return stored(loaded, choice, needed)
}

/** By name too, where evidence can say how much to damp and the job does not. */
function asksEvidence({ job, evidence }: LoadedJob): boolean {
  if (job.method === 'auto') return true
  return evidence !== undefined && DAMPED.has(job.method) && job.settings.damping === undefined
}

const DAMPED: ReadonlySet<string> = new Set(['dual-margin-ggn', 'ggn', 'logra', 'ek-fac'])

function overruled({ settings }: LoadedJob['job']): string[] {
  const stated = Object.keys(settings)
  return stated.length > 0
    ? [`auto chooses by itself; ${stated.join(', ')} of the job are for methods by name`]
    : []
}

function stored({ job, train }: LoadedJob, choice: Choice, needed: number): Plan {
  const fault = (name: string, got: string, expected: string): Error => invalidJob([{ name, got, expected }])
  const size = `${gigabytes(2 * needed)}, which codes of ${train.count} samples in memory take`
  if (job.question === 'self') throw fault('memory', String(job.memory), `${size}, for question "self"`)
  if (choice.by === 'name' && choice.method !== 'logra')
    throw fault(
      'method',
      choice.method,
      `logra or auto: features on disk are LoGra's; or a memory of ${size}`,
    )
  const notes = job.audit ? [`the audit was not asked: it needs a memory of ${size}`] : []
  return { choice, route: 'stored', keepsPairs: false, notes }
}

/** Bytes of the float32 codes of all samples, in the directions that the methods keep at once. */
async function codesBytes({ checkpoints, train, query }: LoadedJob, passes: Passes): Promise<number> {
  const { inputs, gradients } = await passes.codesPerSample(await checkpoints.load(0), rowsOf(train, 0, 1))
  return 4 * (inputs + 3 * gradients) * (train.count + (query?.count ?? 0))
}

const gigabytes = (bytes: number): string => `${(bytes / GIGABYTE).toFixed(bytes < GIGABYTE ? 3 : 1)} GB`
