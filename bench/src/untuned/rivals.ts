import { CounterStream, GradientPass } from '@open-datanets/onnx-engine'
import { type Evidence, lds } from '../../../attribution-oracle/src/scoring/audit'
import type { ScoreMatrix } from '../../../attribution-oracle/src/scoring/capture'
import { trak } from '../attribution/baselines'
import { BaselinePass } from '../attribution/gradients'
import { timesTransposed } from '../attribution/matMul'
import type { Matrix } from '../attribution/scorer'
import type { Trained, Weights } from './groundTruth'
import type { Task } from './task'

export interface Rival {
  readonly name: string
  /** What tuning chose. */
  readonly settings: string
  readonly scores: ScoreMatrix
}

const RIDGES = [0.01, 0.1, 1, 10]
const DAMPINGS = [0.01, 0.1, 1, 10]

/** TRAK and LoGra as published, with ridge, width and checkpoints by the same evidence, all of it. */
export async function tunedRivals(task: Task, { runs, evidence }: Trained): Promise<Rival[]> {
  const final = runs.map(run => run.at(-1)!)
  const sets = { 'last checkpoints': final, 'all checkpoints': runs.flat() }
  const trakScores: Rival[] = []
  const lograScores: Rival[] = []
  for (const k of [256, 512])
    for (const [at, weights] of Object.entries(sets)) trakScores.push(...(await trakOf(task, weights, k, at)))
  for (const k of [16, 32])
    for (const [at, weights] of Object.entries(sets))
      lograScores.push(...(await lograOf(task, weights, k, at)))
  return [best(trakScores, evidence), best(lograScores, evidence)]
}

function best(all: readonly Rival[], evidence: Evidence): Rival {
  const figures = all.map(({ scores }) => lds(scores, evidence))
  return all[figures.indexOf(Math.max(...figures))]!
}

/** (1/M) Σ_c φ_q (ΦᵀΦ + ridge)⁻¹ φ_i · (1/M) Σ_c (1 - p_i). */
async function trakOf(task: Task, checkpoints: readonly Weights[], k: number, at: string): Promise<Rival[]> {
  const pass = await BaselinePass.open(task.model, 'margin')
  const size = task.train.count * task.query.count
  const totals = RIDGES.map(() => new Float64Array(size))
  const doubt = new Float64Array(task.train.count)
  try {
    for (const [index, weights] of checkpoints.entries()) {
      const [train, query] = [await pass.see(task.train, weights), await pass.see(task.query, weights)]
      const projection = signs(k, train.gradients.columns, `trak/${index}`)
      for (const [r, ridge] of RIDGES.entries()) {
        const { data } = await trak({ train: train.gradients, query: query.gradients }, projection, ridge)
        totals[r]!.forEach((value, i) => (totals[r]![i] = value + data[i]!))
      }
      doubt.forEach((value, i) => (doubt[i] = value + 1 - (train.probability?.[i] ?? 0)))
    }
  } finally {
    await pass.close()
  }
  return totals.map((total, r) => ({
    name: 'TRAK, tuned',
    settings: `k=${k}, ridge ${RIDGES[r]}, ${at}`,
    scores: {
      ...{ rows: task.train.count, columns: task.query.count },
      data: total.map((value, i) => value * doubt[Math.floor(i / task.query.count)]!),
    },
  }))
}

/** Per layer ĝ_qᵀ (E[ĝĝᵀ] + λ)⁻¹ ĝ_i with k x k features and the empirical Fisher. */
async function lograOf(task: Task, checkpoints: readonly Weights[], k: number, at: string): Promise<Rival[]> {
  const pass = await GradientPass.open(task.model, {
    ...{
      loss: task.recipe.loss,
      direction: 'loss',
      want: 'features',
      weights: 'inputs',
      batch: 100,
      session: {},
    },
    projection: { k, seed: 'logra' },
  })
  const size = task.train.count * task.query.count
  const totals = DAMPINGS.map(() => new Float64Array(size))
  try {
    for (const weights of checkpoints) {
      const see = async (of: 'train' | 'query'): Promise<Float32Array> =>
        (await pass.run(task[of], { weights, keepOutputs: false })).features!
      const [train, query] = [await see('train'), await see('query')]
      let offset = 0
      for (const { inWidth, outWidth } of pass.layers) {
        const width = Math.min(k, inWidth) * Math.min(k, outWidth)
        const part = (all: Float32Array, rows: number): Matrix => block(all, rows, offset, width)
        const [a, b] = [part(train, task.train.count), part(query, task.query.count)]
        for (const [d, damping] of DAMPINGS.entries()) {
          const data = await dampedProduct(a, b, damping)
          totals[d]!.forEach((value, i) => (totals[d]![i] = value + data[i]!))
        }
        offset += width
      }
    }
  } finally {
    await pass.close()
  }
  return totals.map((data, d) => ({
    name: 'LoGra, tuned',
    settings: `k=${k}, damping ${DAMPINGS[d]}, ${at}`,
    scores: { rows: task.train.count, columns: task.query.count, data },
  }))
}

/** A (AᵀA/n + λ)⁻¹ Bᵀ in the space of the samples: (A Bᵀ - K (K + nλ)⁻¹ A Bᵀ) / λ with K = A Aᵀ. */
async function dampedProduct(a: Matrix, b: Matrix, damping: number): Promise<Float64Array> {
  const [kernel, cross] = [await timesTransposed(a, a), await timesTransposed(a, b)]
  const n = a.rows
  let trace = 0
  for (let i = 0; i < n; i++) trace += kernel.data[i * n + i]!
  const lambda = (damping * trace) / n / a.columns
  const system = Float64Array.from(kernel.data)
  for (let i = 0; i < n; i++) system[i * n + i]! += n * lambda
  const solved = solveColumns(system, n, Float64Array.from(cross.data), b.rows)
  // K x = r - nλ x for (K + nλ) x = r, so that the difference is nλ x.
  return solved.map(value => value * n)
}

/** X with A X = B for a positive definite A, by Cholesky; B is [n, columns]. */
function solveColumns(matrix: Float64Array, n: number, right: Float64Array, columns: number): Float64Array {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j]!
      for (let p = 0; p < j; p++) sum -= matrix[i * n + p]! * matrix[j * n + p]!
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * n + j]!
    }
  }
  const row = (i: number): Float64Array => right.subarray(i * columns, (i + 1) * columns)
  const subtract = (from: number, of: number, factor: number): void => {
    const [into, other] = [row(from), row(of)]
    for (let c = 0; c < columns; c++) into[c]! -= factor * other[c]!
  }
  const divide = (i: number): void => row(i).forEach((value, c, all) => (all[c] = value / matrix[i * n + i]!))
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < i; p++) subtract(i, p, matrix[i * n + p]!)
    divide(i)
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let p = i + 1; p < n; p++) subtract(i, p, matrix[p * n + i]!)
    divide(i)
  }
  return right
}

function block(all: Float32Array, rows: number, offset: number, width: number): Matrix {
  const total = all.length / rows
  const data = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++)
    data.set(all.subarray(row * total + offset, row * total + offset + width), row * width)
  return { rows, columns: width, data }
}

/** [k, width] of ±1/√k. */
function signs(k: number, width: number, seed: string): Matrix {
  const stream = new CounterStream('untuned', [seed])
  const data = new Float32Array(k * width)
  for (let at = 0; at < data.length; at += 32) {
    const bits = stream.uint32()
    for (let bit = 0; bit < 32 && at + bit < data.length; bit++)
      data[at + bit] = ((bits >>> bit) & 1 ? 1 : -1) / Math.sqrt(k)
  }
  return { rows: k, columns: width, data }
}
