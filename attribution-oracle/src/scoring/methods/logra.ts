import { projectedBasis } from './basis'
import { fisherSolver, methodOf } from './blockMethod'
import { projectionOf } from './readSettings'

const K = 16

/**
 * LoGra (arXiv 2405.13954) with the expected Fisher instead of the empirical one: per layer k x k features
 * (P_outᵀ d)(P_inᵀ a)ᵀ and a solve among them. Cost grows linearly in the samples. One seed per checkpoint: an
 * ensemble over different projections averages their error away.
 */
export const logra = methodOf('logra', ({ train, settings }) => {
  const k = projectionOf(settings, K)
  return fisherSolver(layer => projectedBasis(train.layers[layer]!, k, settings.seed ?? ''), settings)
})
