import { CheckpointView, trainSubsets, type LoadedJob } from '../job'
import {
  BY_SPREAD,
  LEAST_SUBSETS,
  retrainEvidence,
  scoreUsage,
  scoreValue,
  type AuditReport,
  type AutoOptions,
  type Evidence,
  type Part,
} from '../scoring/audit'
import type { MethodName } from '../scoring/capture'
import { estimateValues } from '../scoring/methods'
import { spanScores } from '../scoring/text'
import type { Choice } from './scoreJobChoice'
import { scoreExactly, type Answer, type Scoring } from './scoreJobExact'

export interface AutoAnswer {
  readonly answer: Answer
  readonly choice: Choice
}

/** Lets the job's evidence choose how it is scored, or the rules for models nobody retrained. */
export async function scoreByEvidence(
  scoring: Scoring,
  memory: number,
  workers: number,
  keepsPairs: boolean,
): Promise<AutoAnswer> {
  const { loaded } = scoring
  const evidence = loaded.evidence ?? (await trained(scoring, workers))
  const options = optionsOf(scoring, memory, evidence)
  const source = captures(scoring)
  if (loaded.job.question === 'usage') {
    const { scores, parts, report } = await scoreUsage(source, options)
    return { answer: { scores }, choice: choiceOf(parts, report, options) }
  }
  const { perCheckpoint, parts, report } = await scoreValue(source, options)
  const choice = choiceOf(parts, report, options)
  // Values by the spread of the losses are no mean of pairs.
  if (!keepsPairs || parts.some(({ id }) => id.endsWith(BY_SPREAD)))
    return { answer: { values: estimateValues(perCheckpoint) }, choice }
  return { answer: await scoreExactly(scoring, choice, true), choice }
}

/** The first is the default; the others are for evidence to choose. */
const SPANS = [
  { id: 'spans' },
  { id: 'spans, own', form: 'own', minLength: 2 },
  { id: 'spans, own, from 3', form: 'own', minLength: 3 },
  { id: 'spans, shared', form: 'shared', minLength: 3 },
] as const

function optionsOf(
  { loaded, capture }: Scoring,
  memory: number,
  evidence: Evidence | undefined,
): AutoOptions {
  const { job, train, query } = loaded
  const tokens = train.tokens && query?.tokens && { train: train.tokens, query: query.tokens }
  return {
    task: job.task,
    runs: runsOf(loaded),
    seed: job.seed,
    memory,
    ...(evidence && { evidence }),
    ...(job.weightDecay !== undefined && { weightDecay: String(job.weightDecay) }),
    // A value is a change of a loss, which shared spans are not.
    ...(tokens &&
      job.question === 'usage' &&
      job.method === 'auto' && {
        extra: (evidence ? SPANS : SPANS.slice(0, 1)).map(({ id, ...form }) => ({
          id,
          scores: spanScores(tokens.train, tokens.query, form),
        })),
      }),
    ...(job.method !== 'auto' && { only: job.method as MethodName }),
    ...(capture.signal && { signal: capture.signal }),
  }
}

function captures({ loaded, passes, capture, onCheckpoint }: Scoring): Parameters<typeof scoreUsage>[0] {
  const { train, query, checkpoints } = loaded
  let asked = 0
  return {
    capture: async index => {
      const checkpoint = await checkpoints.load(index)
      // Those that are compared are seen again when they are scored, so that the end comes a little early.
      const total = Math.max(checkpoints.count, asked + 1)
      onCheckpoint(asked++, total, checkpoint)
      return new CheckpointView(passes, checkpoint, { train, query }, capture)
    },
  }
}

/** Evidence from retraining as the job's recipe says. */
async function trained(
  { loaded, capture, onStage }: Scoring,
  workers: number,
): Promise<Evidence | undefined> {
  const retrain = loaded.job.audit?.retrain
  if (!retrain || !loaded.query) return undefined
  return retrainEvidence(
    tasks =>
      trainSubsets(loaded, tasks, {
        workers,
        ...(capture.signal && { signal: capture.signal }),
        onTrained: done => onStage('retrain', done, tasks.length),
      }),
    {
      rows: loaded.train.count,
      subsets: Math.max(LEAST_SUBSETS, retrain.subsets),
      seed: loaded.job.seed,
      fraction: Number(retrain.fraction),
    },
  )
}

function runsOf({ checkpoints }: LoadedJob): number[][] {
  let next = 0
  return checkpoints.steps.map(steps => Array.from({ length: steps }, () => next++))
}

function choiceOf(parts: readonly Part[], report: AuditReport, { seed, memory }: AutoOptions): Choice {
  const [first] = parts
  const method = parts.length > 1 ? 'hybrid' : (first!.base?.method ?? 'spans')
  return {
    method,
    settings: { seed, memory, ...first!.base?.settings },
    checkpoints: first!.checkpoints,
    parts: parts.map(({ id, weight, checkpoints }) => ({ id, weight, checkpoints })),
    why: report.why,
    by: report.by === 'evidence' ? 'audit' : 'rule',
    report,
    summary: {
      parts: parts
        .map(({ id, weight }) => `${id}${weight === 1 ? '' : ` (${weight.toFixed(2)})`}`)
        .join(' + '),
      ...(report.reporting && {
        'LDS, held back': `${report.reporting.mean.toFixed(3)} [${report.reporting.low.toFixed(3)}, ${report.reporting.high.toFixed(3)}] on ${report.subsets.reporting} subsets that chose nothing`,
      }),
    },
  }
}
