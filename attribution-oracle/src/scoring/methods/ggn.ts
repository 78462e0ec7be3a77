import { identityBasis, projectedBasis } from './basis'
import { fisherSolver, methodOf, relativeDamping } from './blockMethod'
import type { BlockProblem, LayerSolver } from './blockProblem'
import { memoryOf, projectionOf } from './readSettings'
import { woodburySolver } from './woodburyBlock'

/** Dimensions up to which a layer's curvature is worth its cubic cost, and up to which it is where samples are few. */
const MOST_DIMENSIONS = 1024
const MOST_DIMENSIONS_OF_FEW = 3072
/** Products that summing such a curvature may take: some seconds. */
const MOST_PRODUCTS = 4e10
/** Fisher rows up to which the dual form is. */
const MOST_ROWS = 4096
const K = 32

/**
 * The generalised Gauss-Newton of all K classes, layer by layer: exact where the layer is small; exact in its dual form
 * where the Fisher rows are fewer than its dimensions; in k x k features otherwise.
 */
export const ggn = methodOf('ggn', problem => {
  const multiple = relativeDamping(problem.settings)
  const k = projectionOf(problem.settings, K)
  const exact = fisherSolver(layer => identityBasis(problem.train.layers[layer]!), problem.settings)
  const dual = woodburySolver(multiple)
  const seed = problem.settings.seed ?? ''
  const projected = fisherSolver(
    layer => projectedBasis(problem.train.layers[layer]!, k, seed),
    problem.settings,
  )
  const by = { exact, dual, projected }
  const solver = (layer: number): LayerSolver => by[ggnRoute(problem, layer)]
  return {
    score: (linear, p, layer, question, scores) => solver(layer).score(linear, p, layer, question, scores),
    selfInfluence: (linear, p, layer, self) => solver(layer).selfInfluence(linear, p, layer, self),
  }
})

/** Which of the three forms a layer takes. */
export function ggnRoute(
  { train, fisher, settings }: BlockProblem,
  layer: number,
): 'exact' | 'dual' | 'projected' {
  const { inWidth, outWidth } = train.layers[layer]!
  const dimensions = inWidth * outWidth
  const rows = fisher.rows.length * fisher.count
  const few = dimensions <= MOST_DIMENSIONS_OF_FEW && rows * dimensions ** 2 <= MOST_PRODUCTS
  if (dimensions <= MOST_DIMENSIONS || few) return 'exact'
  const bytes = 8 * rows * (rows + dimensions)
  return rows <= Math.min(MOST_ROWS, dimensions) && 2 * bytes <= memoryOf(settings) ? 'dual' : 'projected'
}
