import type { CheckpointCapture, MethodSettings, SampleCapture, ScoreMatrix } from '../capture'
import { Linear } from '../linear/linear'
import { checkCapture, checkSameLayers } from './checkCapture'
import { type Fisher, fisherRows } from './fisherRows'

/** One checkpoint as the block methods see it: every layer is a problem of its own, and their scores add up. */
export interface BlockProblem {
  readonly train: SampleCapture
  readonly fisher: Fisher
  readonly settings: MethodSettings
}

/** What is asked of one layer. A query's loss is a mean over its positions, its gradients are sums. */
export interface LayerQuestion {
  readonly capture: SampleCapture
  /** float64 [n_query]: what each query's gradient is multiplied by */
  readonly shares: Float64Array
}

/** A method that solves layer by layer, in terms of what it does for one layer. */
export interface LayerSolver {
  /** scores.data += this layer's part, for every training sample and query */
  score(
    linear: Linear,
    problem: BlockProblem,
    layer: number,
    question: LayerQuestion,
    scores: ScoreMatrix,
  ): void
  /** self += this layer's part of every sample's influence on itself */
  selfInfluence(linear: Linear, problem: BlockProblem, layer: number, self: Float64Array): void
}

type Solver = (problem: BlockProblem) => LayerSolver

export async function blockScore(
  solver: Solver,
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  arena: Linear | undefined,
): Promise<ScoreMatrix> {
  const { problem, query, linear } = await open(checkpoint, settings, arena)
  const columns = query.count
  const scores = { rows: problem.train.count, columns, data: new Float64Array(problem.train.count * columns) }
  const question = { capture: query, shares: sharesOf(query) }
  const solve = solver(problem)
  problem.train.layers.forEach((_, layer) =>
    linear.scope(() => solve.score(linear, problem, layer, question, scores)),
  )
  return scores
}

/** The mean of the scores over the queries: the queries' gradients are averaged first. */
export async function blockValue(
  solver: Solver,
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  arena: Linear | undefined,
): Promise<Float64Array> {
  const { problem, query, linear } = await open(checkpoint, settings, arena)
  const scores = { rows: problem.train.count, columns: 1, data: new Float64Array(problem.train.count) }
  const question = { capture: query, shares: sharesOf(query).map(share => share / query.count) }
  const solve = solver(problem)
  problem.train.layers.forEach((_, layer) =>
    linear.scope(() => solve.score(linear, problem, layer, question, scores)),
  )
  return scores.data
}

export async function blockSelfInfluence(
  solver: Solver,
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  arena: Linear | undefined,
): Promise<Float64Array> {
  const train = checkCapture(await checkpoint.train('loss'), 'train loss')
  const problem = { train, fisher: await fisherRows(checkpoint, settings), settings }
  const linear = arena ?? (await Linear.open())
  const self = new Float64Array(train.count)
  const solve = solver(problem)
  train.layers.forEach((_, layer) => linear.scope(() => solve.selfInfluence(linear, problem, layer, self)))
  return self
}

async function open(
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  arena: Linear | undefined,
): Promise<{ problem: BlockProblem; query: SampleCapture; linear: Linear }> {
  const train = checkCapture(await checkpoint.train('loss'), 'train loss')
  const query = checkCapture(await checkpoint.query('loss'), 'query loss')
  checkSameLayers(train, query)
  const problem = { train, fisher: await fisherRows(checkpoint, settings), settings }
  return { problem, query, linear: arena ?? (await Linear.open()) }
}

function sharesOf({ count, scored }: SampleCapture): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => 1 / Math.max(1, scored?.[index] ?? 1))
}
