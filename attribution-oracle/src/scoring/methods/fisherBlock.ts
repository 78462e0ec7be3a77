import type { ScoreMatrix } from '../capture'
import { choleskyInPlace } from '../linear/cholesky'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { columnsOf, product, rowsOf } from '../linear/multiply'
import { solveLower, solvePositive } from '../linear/triangular'
import type { LayerBasis } from './basis'
import type { BlockProblem, LayerQuestion } from './blockProblem'
import { expectedFisher, meanEigenvalue } from './expectedFisher'
import { eachBlock, featureSize } from './features'
import { layerRows } from './fisherRows'
import { queryFeatures, transposed } from './rightSides'
import { withinMemory } from './readSettings'

/** λ from the mean eigenvalue of a block. */
export type Damping = (meanEigenvalue: number) => number

/**
 * S = g_trainᵀ (F + λI)⁻¹ g_query of one layer in the space of its features, F the expected Fisher. A layer without
 * curvature adds nothing.
 */
export function addBlockScores(
  linear: Linear,
  problem: BlockProblem,
  o: { readonly layer: number; readonly basis: LayerBasis; readonly damping: Damping },
  question: LayerQuestion,
  scores: ScoreMatrix,
): void {
  const factor = factorOf(linear, problem, o)
  if (!factor) return
  const queries = queryFeatures(linear, question.capture.layers[o.layer]!, o.basis, question, scores.columns)
  const solved = transposed(linear, queries)
  solvePositive(linear, factor, solved)
  eachBlock(linear, problem.train.layers[o.layer]!, o.basis, problem.train.count, (features, first) =>
    addRows(scores, product(linear, rowsOf(features), columnsOf(solved)), first),
  )
}

/** |L⁻¹ g|² with F + λI = L Lᵀ. */
export function addBlockSelf(
  linear: Linear,
  problem: BlockProblem,
  o: { readonly layer: number; readonly basis: LayerBasis; readonly damping: Damping },
  self: Float64Array,
): void {
  const factor = factorOf(linear, problem, o)
  if (!factor) return
  eachBlock(linear, problem.train.layers[o.layer]!, o.basis, problem.train.count, (features, first) => {
    const solved = transposed(linear, features)
    solveLower(linear, factor, solved)
    const { data, stride } = solved
    for (let k = 0; k < solved.rows; k++)
      for (let i = 0; i < solved.columns; i++)
        self[first + i]! += data[k * stride + i]! * data[k * stride + i]!
  })
}

function factorOf(
  linear: Linear,
  { fisher, settings }: BlockProblem,
  {
    layer,
    basis,
    damping,
  }: { readonly layer: number; readonly basis: LayerBasis; readonly damping: Damping },
): Matrix | undefined {
  const size = featureSize(basis)
  withinMemory(
    settings,
    16 * size * size,
    `the curvature of layer ${fisher.rows[0]![layer]!.name} (${size} dimensions)`,
    'score with logra or a smaller projection',
  )
  const curvature = expectedFisher(linear, layerRows(fisher, layer), basis, fisher.count)
  const lambda = damping(meanEigenvalue(curvature, basis))
  if (!(lambda > 0)) return undefined
  const { data, stride } = curvature
  for (let index = 0; index < size; index++) data[index * stride + index]! += lambda
  choleskyInPlace(linear, curvature)
  return curvature
}

/** scores[first + i][t] += block[i][t]. */
export function addRows(scores: ScoreMatrix, block: Matrix, first: number): void {
  const { data, stride } = block
  for (let row = 0; row < block.rows; row++)
    for (let column = 0; column < scores.columns; column++)
      scores.data[(first + row) * scores.columns + column]! += data[row * stride + column]!
}
