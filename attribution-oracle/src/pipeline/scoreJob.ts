import {
  checkOut,
  invalidJob,
  isEngineFault,
  loadJob,
  memoryBytes,
  Passes,
  writeOutputs,
  type LoadedJob,
} from '../job'
import type { Choice } from './scoreJobChoice'
import { scoreByEvidence } from './scoreJobAuto'
import { scoreExactly, type Answer, type Scoring } from './scoreJobExact'
import { outputsOf } from './scoreJobOutputs'
import { planJob, type Plan } from './scoreJobPlan'
import { receiptOf, type UsedCheckpoint } from './scoreJobReceipt'
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

/** Faults of the engine that no job is to blame for. */
const OF_THE_ENGINE = new Set(['THREAD_DIED', 'POOL_CLOSED'])

/**
 * Scores a job: no chain, only files in and files out.
 * @throws INVALID_JOB for what the job or its files say wrong, SCORING_FAILED, STORE_MISMATCH, STORE_CORRUPT, the
 *   signal's reason
 */
export async function scoreJob(path: string, options: ScoreJobOptions): Promise<ScoreJobResult> {
  await checkOut(options.out)
  const loaded = await loadJob(path)
  const { job } = loaded
  const workers = workersOf(job, options)
  const session = { providers: job.providers, ...(workers > 1 && { workers }) }
  const passes = new Passes(loaded.model, loaded.graph, job, session)
  try {
    return await scoreLoaded(loaded, passes, options)
  } catch (error) {
    if (!isEngineFault(error) || OF_THE_ENGINE.has(error.code)) throw error
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
  const used = new Map<number, UsedCheckpoint>()
  const scoring = scoringOf(loaded, passes, options, used)
  const planned = await planJob(loaded, passes)
  const { answer, choice, features } = await answerOf(scoring, planned, options)
  const plan = { ...planned, choice }
  options.onProgress?.({ stage: 'score', done: FINE, total: FINE })
  const notes = [...loaded.notes, ...plan.notes, ...refusals(passes)]
  const outputs = outputsOf(loaded, answer)
  const { written, receipt } = await writeOutputs(
    options.out,
    outputs,
    receiptOf(loaded, { ...plan, notes }, inOrder(used), passes.computedOn?.used),
  )
  return {
    choice,
    route: plan.route,
    samples: loaded.train.count,
    queries: loaded.query?.count ?? 0,
    checkpoints: used.size,
    features,
    notes,
    files: written.map(file => file.path),
    receipt,
  }
}

async function answerOf(
  scoring: Scoring,
  { choice, route, keepsPairs }: Plan,
  options: ScoreJobOptions,
): Promise<{ answer: Answer; choice: Choice; features?: ScoreJobResult['features'] }> {
  const { loaded } = scoring
  const { job } = loaded
  if (route === 'audit')
    return scoreByEvidence(
      scoring,
      Math.floor(memoryBytes(job.memory) / 2),
      workersOf(job, options),
      keepsPairs,
    )
  if (route === 'texts') return { answer: scoreTexts(loaded), choice }
  if (route === 'stored') {
    const { answer, computed, known } = await scoreStored(scoring, choice)
    return { answer, choice, features: { computed, known } }
  }
  if (choice.method !== 'hybrid') return { answer: await scoreExactly(scoring, choice, keepsPairs), choice }
  const gradient = await scoreExactly(scoring, { ...choice, method: choice.gradientMethod! }, true)
  return { answer: addTexts(loaded, gradient.scores!, choice.spanWeight!), choice }
}

const workersOf = (job: LoadedJob['job'], { workers }: ScoreJobOptions): number => workers ?? job.workers ?? 1

/** What was preferred and could not be had. */
const refusals = ({ computedOn }: Passes): string[] =>
  (computedOn?.refused ?? []).map(({ provider, reason }) => `not computed on ${provider}: ${reason}`)

const inOrder = (used: ReadonlyMap<number, UsedCheckpoint>): UsedCheckpoint[] =>
  [...used].sort(([a], [b]) => a - b).map(([, checkpoint]) => checkpoint)

function scoringOf(
  loaded: LoadedJob,
  passes: Passes,
  { signal, onProgress }: ScoreJobOptions,
  used: Map<number, UsedCheckpoint>,
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
    onStage: (stage, done, total) => onProgress?.({ stage, done, total }),
    onCheckpoint: (done, total, checkpoint) => {
      at = { done, total }
      if (checkpoint) used.set(checkpoint.index, { name: checkpoint.name, digest: checkpoint.digest })
      report(0)
    },
  }
}
