import { marginWeights } from '../codes/dualSolve'
import { quantise, quantiseLayer } from '../codes/quantise'
import {
  type DualProblem,
  dualScores,
  dualSelfInfluence,
  type DualSide,
  dualValue,
  queryOfCodes,
  sideOfCodes,
} from '../codes/stageB'
import type { CheckpointCapture, Method, MethodSettings, SampleCapture } from '../capture'
import { Linear } from '../linear/linear'
import { checkCapture, checkSameLayers } from './checkCapture'
import { lossPulls } from './lossPulls'
import { decimalOf, withinMemory } from './readSettings'

const DAMPING = '0.0003'

/**
 * Dual margin-GGN: the Gauss-Newton influence of a model whose loss depends on its margin alone, in the space of the
 * samples, from layer inputs, output gradients of the margin and p (DESIGN 4.2). Regression with one output is the same
 * with the output as margin and weights 1. It works on the int8 codes that stage A commits to, so that what it gives is
 * what anybody recomputes from them. Cost per checkpoint: n² Σ (d_in + d_out) integer products, n³/3 float64.
 */
export const dualMarginGgn: Method = {
  name: 'dual-margin-ggn',

  async score(checkpoint, settings, linear) {
    const { problem, query } = await problemOf(checkpoint, settings, DAMPING)
    return dualScores(linear ?? (await Linear.open()), problem, query)
  },

  async value(checkpoint, settings, linear) {
    const { problem, query } = await problemOf(checkpoint, settings, DAMPING)
    return dualValue(linear ?? (await Linear.open()), problem, query)
  },

  async selfInfluence(checkpoint, settings, linear) {
    const problem = await trainProblem(checkpoint, settings, DAMPING)
    return dualSelfInfluence(linear ?? (await Linear.open()), problem)
  },
}

async function problemOf(
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  damping: string,
): Promise<{ problem: DualProblem; query: DualSide }> {
  const problem = await trainProblem(checkpoint, settings, damping)
  const margins = checkCapture(await checkpoint.query('margin'), 'query margin')
  checkSameLayers(checkCapture(await checkpoint.train('margin'), 'train margin'), margins)
  withinMemory(settings, bytesOf(problem.weights.length, margins.count), 'the kernel of all samples', FIX)
  const query = margins.probability
    ? queryOfCodes(quantise(margins))
    : regressionSide(margins, await checkpoint.query('loss'))
  return { problem, query }
}

const FIX = 'score with logra, whose cost grows linearly in the samples, or allow more'

async function trainProblem(
  checkpoint: CheckpointCapture,
  settings: MethodSettings,
  damping: string,
): Promise<DualProblem> {
  const margins = checkCapture(await checkpoint.train('margin'), 'train margin')
  withinMemory(settings, bytesOf(margins.count, 0), 'the kernel of all samples', FIX)
  const train = margins.probability
    ? sideOfCodes(quantise(margins))
    : regressionSide(margins, await checkpoint.train('loss'))
  const count = margins.count
  const curved = margins.probability && settings.weights !== 'uniform'
  const weights = curved ? marginWeights(train.pulls) : new Float64Array(count).fill(1 / count)
  return { train, weights, damping: decimalOf(settings, 'damping', damping) }
}

function regressionSide(margins: SampleCapture, losses: SampleCapture): DualSide {
  const layers = margins.layers.map(layer => quantiseLayer(layer, margins.count))
  return { layers, pulls: lossPulls(margins, checkCapture(losses, 'loss')) }
}

/** Kernel and right sides, twice: packed operands and the inverse of self-influence are never larger. */
function bytesOf(train: number, query: number): number {
  return 8 * train * (train + query) + 8 * train * Math.max(query, 256)
}
