import { CheckpointView, type CaptureOptions, type Checkpoint, type LoadedJob, type Passes } from '../job'
import type { CheckpointCapture, Method, MethodName, MethodSettings, ScoreMatrix } from '../scoring/capture'
import { Linear } from '../scoring/linear/linear'
import {
  estimateValues,
  methodNamed,
  UsageTotal,
  type CheckpointValues,
  type ValueEstimate,
} from '../scoring/methods'

/** What a question's answer is made of; which of them are there depends on the question. */
export interface Answer {
  /** [n_train, n_query] */
  readonly scores?: ScoreMatrix
  /** [n_train], with what is known of their error */
  readonly values?: ValueEstimate
  /** [n_train] */
  readonly self?: Float64Array
}

export interface Scoring {
  readonly loaded: LoadedJob
  readonly passes: Passes
  readonly capture: CaptureOptions
  /** called as something before the scoring goes on, such as trainings for the audit */
  readonly onStage: (stage: string, done: number, total: number) => void
  /** called as each checkpoint begins, with those done, and at the end */
  readonly onCheckpoint: (done: number, total: number, checkpoint?: Checkpoint) => void
}

export interface ExactChoice {
  readonly method: MethodName
  readonly settings: MethodSettings
  readonly checkpoints: readonly number[]
}

/** Scores with the layers' codes in memory, one checkpoint after the other. */
export async function scoreExactly(
  scoring: Scoring,
  choice: ExactChoice,
  keepScores: boolean,
): Promise<Answer> {
  const { question } = scoring.loaded.job
  const method = methodNamed(choice.method)
  const linear = await Linear.open()
  if (question === 'self') return { self: await selfInfluence(scoring, choice, method, linear) }
  if (question === 'usage') return { scores: await usage(scoring, choice, method, linear) }
  return value(scoring, choice, method, linear, keepScores)
}

async function usage(
  scoring: Scoring,
  choice: ExactChoice,
  method: Method,
  linear: Linear,
): Promise<ScoreMatrix> {
  let total: UsageTotal | undefined
  await eachCheckpoint(scoring, choice, async (view, settings) => {
    const scores = await method.score(view, settings, linear)
    total ??= new UsageTotal(scores)
    total.add(scores)
  })
  return total!.scores()
}

async function value(
  scoring: Scoring,
  choice: ExactChoice,
  method: Method,
  linear: Linear,
  keepScores: boolean,
): Promise<Answer> {
  const found: CheckpointValues[] = []
  let total: ScoreMatrix | undefined
  await eachCheckpoint(scoring, choice, async (view, settings, run) => {
    if (!keepScores) {
      found.push({ run, values: await method.value(view, settings, linear) })
      return
    }
    const scores = await method.score(view, settings, linear)
    total ??= { rows: scores.rows, columns: scores.columns, data: new Float64Array(scores.data.length) }
    for (let i = 0; i < scores.data.length; i++) total.data[i]! += scores.data[i]! / choice.checkpoints.length
    found.push({ run, values: rowMeans(scores) })
  })
  return { ...(total && { scores: total }), values: estimateValues(found) }
}

async function selfInfluence(
  scoring: Scoring,
  choice: ExactChoice,
  method: Method,
  linear: Linear,
): Promise<Float64Array> {
  const measure = method.selfInfluence ? method : methodNamed('self-influence')
  let total: Float64Array | undefined
  await eachCheckpoint(scoring, choice, async (view, settings) => {
    const self = await measure.selfInfluence!(view, settings, linear)
    total ??= new Float64Array(self.length)
    for (let i = 0; i < self.length; i++) total[i]! += self[i]! / choice.checkpoints.length
  })
  return total!
}

async function eachCheckpoint(
  { loaded, passes, capture, onCheckpoint }: Scoring,
  { checkpoints, settings }: ExactChoice,
  use: (view: CheckpointCapture, settings: MethodSettings, run: number) => Promise<void>,
): Promise<void> {
  const { train, query } = loaded
  for (const [done, index] of checkpoints.entries()) {
    capture.signal?.throwIfAborted()
    const checkpoint = await loaded.checkpoints.load(index)
    onCheckpoint(done, checkpoints.length, checkpoint)
    const view: CheckpointCapture = new CheckpointView(passes, checkpoint, { train, query }, capture)
    // Projections of their own: an ensemble over different ones averages their error away.
    await use(view, { ...settings, seed: `${settings.seed ?? ''}/${index}` }, runOf(loaded, index))
  }
  onCheckpoint(checkpoints.length, checkpoints.length)
}

export function runOf({ checkpoints }: LoadedJob, index: number): number {
  let before = 0
  const run = checkpoints.steps.findIndex(steps => index < (before += steps))
  return Math.max(0, run)
}

export function rowMeans({ rows, columns, data }: ScoreMatrix): Float64Array {
  const means = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let column = 0; column < columns; column++) sum += data[row * columns + column]!
    means[row] = sum / columns
  }
  return means
}
