import type { Method, MethodName, MethodSettings } from '../capture'
import type { LayerBasis } from './basis'
import {
  blockScore,
  blockSelfInfluence,
  blockValue,
  type BlockProblem,
  type LayerSolver,
} from './blockProblem'
import { addBlockScores, addBlockSelf } from './fisherBlock'
import { decimalOf } from './readSettings'

const DAMPING = '0.1'

/** A method from what it does for one layer. */
export function methodOf(name: MethodName, solver: (problem: BlockProblem) => LayerSolver): Method {
  return {
    name,
    score: (checkpoint, settings, linear) => blockScore(solver, checkpoint, settings, linear),
    value: (checkpoint, settings, linear) => blockValue(solver, checkpoint, settings, linear),
    selfInfluence: (checkpoint, settings, linear) => blockSelfInfluence(solver, checkpoint, settings, linear),
  }
}

/** Solves a layer in the space of its features in `basisOf(layer)`. */
export function fisherSolver(basisOf: (layer: number) => LayerBasis, settings: MethodSettings): LayerSolver {
  const multiple = relativeDamping(settings)
  const damping = (mean: number): number => multiple * mean
  return {
    score: (linear, problem, layer, question, scores) =>
      addBlockScores(linear, problem, { layer, basis: basisOf(layer), damping }, question, scores),
    selfInfluence: (linear, problem, layer, self) =>
      addBlockSelf(linear, problem, { layer, basis: basisOf(layer), damping }, self),
  }
}

/** λ as a multiple of a block's mean eigenvalue. */
export function relativeDamping(settings: MethodSettings, otherwise = DAMPING): number {
  return decimalOf(settings, 'damping', otherwise)
}
