import type { Digest } from '../domain'
import { invalidJob, isEngineFault, loadJob, Passes, writeOutputs, type LoadedJob } from '../job'
import type { Choice } from './scoreJobChoice'
import { scoreExactly, type Answer, type Scoring } from './scoreJobExact'
import { outputsOf } from './scoreJobOutputs'
import { planJob, type Plan } from './scoreJobPlan'
import { receiptOf } from './scoreJobReceipt'
import { scoreStored } from './scoreJobStored'
import { addTexts, scoreTexts } from './scoreJobTexts'

export interface ScoreJobOptions {
  /** the file of the scores; further outputs and the receipt lie beside it */
  readonly out: string
  /** instead of the job's */
  readonly workers?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { stage: string; done: number; total: number }) => void
}

export interface ScoreJobResult {
  readonly choice: Choice
  readonly route: Plan['route']
  readonly samples: number
  readonly queries: number
  readonly checkpoints: number
  /** features that were computed, and that the store had already */
  readonly features: { readonly computed: number; readonly known: number } | undefined
  readonly notes: readonly string[]
  readonly files: readonly string[]
  readonly receipt: string
}

/** Progress counts checkpoints in thousandths, so that a single one moves, too. */
const FINE = 1000

/** What of the engine's faults the author of a job can change. */
const OF_THE_JOB = new Set([
  ...[
    'UNSUPPORTED_MODEL',
    'UNSUPPORTED_OPERATOR',
    'INCOMPATIBLE_SHAPES',
    'INVALID_ARGUMENT',
    'SESSION_FAILED',
  ],
])

/**
 * Scores a job: no chain, only files in and files out.
 * @throws INVALID_JOB for what the job or its files say wrong, SCORING_FAILED, STORE_MISMATCH, STORE_CORRUPT, the
 *   signal's reason
 */
export async function scoreJob(path: string, options: ScoreJobOptions): Promise<ScoreJobResult> {
  const loaded = await loadJob(path)
  const { job } = loaded
  const workers = options.workers ?? job.workers ?? 1
  const session = { providers: job.providers, ...(workers > 1 && { workers }) }
  const passes = new Passes(loaded.model, loaded.graph, job, session)
  try {
    return await scoreLoaded(loaded, passes, options)
  } catch (error) {
    if (!isEngineFault(error) || !OF_THE_JOB.has(error.code)) throw error
    throw invalidJob([
      {
        name: 'model',
        got: error.message,
        expected: 'a model that fits its inputs and can be differentiated',
      },
    ])
  } finally {
    await passes.close()
    await loaded.checkpoints.close()
  }
}

async function scoreLoaded(
  loaded: LoadedJob,
  passes: Passes,
  options: ScoreJobOptions,
): Promise<ScoreJobResult> {
  const used: { name: string; digest: Digest }[] = []
  const scoring = scoringOf(loaded, passes, options, used)
  const plan = await planJob(loaded, passes, undefined)
  const { answer, features } = await answerOf(scoring, plan)
  const notes = [...loaded.notes, ...plan.notes]
  const outputs = outputsOf(loaded, answer)
  const { written, receipt } = await writeOutputs(
    options.out,
    outputs,
    receiptOf(loaded, { ...plan, notes }, used),
  )
  const { choice, route } = plan
  return {
    choice,
    route,
    samples: loaded.train.count,
    queries: loaded.query?.count ?? 0,
    checkpoints: used.length,
    features,
    notes,
    files: written.map(file => file.path),
    receipt,
  }
}

async function answerOf(
  scoring: Scoring,
  { choice, route, keepsPairs }: Plan,
): Promise<{ answer: Answer; features?: ScoreJobResult['features'] }> {
  const { loaded } = scoring
  if (route === 'texts') return { answer: scoreTexts(loaded) }
  if (route === 'stored') {
    const { answer, computed, known } = await scoreStored(scoring, choice)
    return { answer, features: { computed, known } }
  }
  if (choice.method !== 'hybrid') return { answer: await scoreExactly(scoring, choice, keepsPairs) }
  const gradient = await scoreExactly(scoring, { ...choice, method: choice.gradientMethod! }, true)
  return { answer: addTexts(loaded, gradient.scores!, choice.spanWeight!) }
}

function scoringOf(
  loaded: LoadedJob,
  passes: Passes,
  { signal, onProgress }: ScoreJobOptions,
  used: { name: string; digest: Digest }[],
): Scoring {
  let at = { done: 0, total: 1 }
  const report = (part: number): void =>
    onProgress?.({ stage: 'score', done: FINE * at.done + Math.floor(FINE * part), total: FINE * at.total })
  return {
    loaded,
    passes,
    capture: {
      seed: loaded.job.seed,
      ...(signal && { signal }),
      // Several passes look at a checkpoint; how many depends on the method, so that a pass moves the bar half of the rest.
      onProgress: (done, total) => report((0.5 * done) / total),
    },
    onCheckpoint: (done, total, checkpoint) => {
      at = { done, total }
      if (checkpoint) used.push({ name: checkpoint.name, digest: checkpoint.digest })
      report(0)
    },
  }
}
