import type { Model } from '@open-datanets/onnx-engine'
import type { ScoreMatrix } from '../../../attribution-oracle/src/scoring/capture'
import {
  BlockFisher,
  consecutiveBlocks,
  factorOf,
} from '../../../attribution-oracle/src/scoring/epoch/fisher'
import { influence } from '../../../attribution-oracle/src/scoring/epoch/influence'
import { differentiate } from './differentiate'
import type { Recipe } from './recipe'
import type { Sequences } from './sequences'

/** The product's method, and two peers on the same features: without curvature, and with the empirical Fisher. */
export const GRADIENT_METHODS = ['expected Fisher', 'empirical Fisher', 'Grad-Dot'] as const
export type GradientMethod = (typeof GRADIENT_METHODS)[number]

/** What one checkpoint says. */
export interface GradientScores {
  /** [institute of the rows][institute of the questions]: nats by which the rows lower the loss of a token there. */
  readonly value: readonly (readonly number[])[]
  /** rows x questions */
  readonly usage: ScoreMatrix
}

/** Scores every training row for every held-out question and for the mean question of each institute. */
export async function scoreCheckpoint(
  forward: Model,
  name: string,
  sequences: Sequences,
  { scoring, model }: Recipe,
  workers: number,
): Promise<Record<GradientMethod, GradientScores>> {
  const { projection, fisherSamples, damping } = scoring
  const settings = {
    ...{ projection, fisherSamples, damping },
    ...{ windowTokens: model.contextLength, seed: name, clipQuantile: '1' },
  }
  const { rows, questions, institutes } = sequences
  const { curvature, curvatureTokens, gradients } = await differentiate(
    forward,
    settings,
    rows,
    questions,
    workers,
  )
  const [trained, asked] = gradients as [Gradients, Gradients]
  const means = institutes.map((_, institute) => meanGradient(asked, sequences, institute))
  const expected = factorOf(curvature, curvatureTokens, damping)
  const empirical = empiricalFisher(trained, sequences, projection ** 2).factor(Number(damping))
  const scoresBy = (precondition: Precondition): GradientScores =>
    scoresAlong(asked.map(precondition), means.map(precondition), trained, sequences)
  return {
    'expected Fisher': scoresBy(gradient => expected.solve(gradient)),
    'empirical Fisher': scoresBy(gradient => empirical.solve(gradient)),
    'Grad-Dot': scoresBy(gradient => gradient),
  }
}

/** One for each sequence. */
type Gradients = readonly Float64Array[]
type Precondition = (gradient: Float64Array) => Float64Array

/**
 * @param asks the direction of each question
 * @param means that of the mean question of each institute
 */
function scoresAlong(
  asks: readonly Float64Array[],
  means: readonly Float64Array[],
  trained: Gradients,
  { institutes, rows }: Sequences,
): GradientScores {
  const value = institutes.map(() => institutes.map(() => 0))
  const usage = {
    rows: rows.length,
    columns: asks.length,
    data: new Float64Array(rows.length * asks.length),
  }
  trained.forEach((features, row) => {
    const own = value[rows[row]!.institute]!
    means.forEach((mean, of) => (own[of]! += influence(mean, features)))
    asks.forEach((asked, question) => (usage.data[row * asks.length + question] = influence(asked, features)))
  })
  return { value, usage }
}

/** The gradient of the mean loss of a token in the answers that one institute wrote. */
function meanGradient(asked: Gradients, { questions }: Sequences, institute: number): Float64Array {
  const mean = new Float64Array(asked[0]!.length)
  let tokens = 0
  asked.forEach((features, question) => {
    if (questions[question]!.institute !== institute) return
    tokens += questions[question]!.scored
    for (let i = 0; i < mean.length; i++) mean[i]! += features[i]!
  })
  return mean.map(sum => sum / Math.max(1, tokens))
}

/** As LoGra and TRAK have it: second moments of the training rows' own gradients. */
function empiricalFisher(trained: Gradients, { rows }: Sequences, size: number): BlockFisher {
  const layers = trained[0]!.length / size
  const fisher = new BlockFisher(consecutiveBlocks(Array.from({ length: layers }, () => size)))
  trained.forEach((features, row) => fisher.add(features, rows[row]!.tokens.length + 1))
  return fisher
}
