import { availableParallelism } from 'node:os'
import { combineUsage } from '../../../attribution-oracle/src/scoring/methods'
import type { Bench, BenchOptions } from '../bench'
import type { Table } from '../table'
import { corpusTable } from './corpusTable'
import { GRADIENT_METHODS, scoreCheckpoint, type GradientMethod, type GradientScores } from './gradientScores'
import { readMedquad } from './records'
import { QUICK, RECIPE, type Recipe } from './recipe'
import { retrain, type SeedRuns } from './retrains'
import { sequencesOf, type Sequences } from './sequences'
import { splitMedquad } from './split'
import { bm25Usage, hiddenStateUsage, hybridUsage, spanUsage } from './usage'
import { ADDED_UP, BEST_FOR_IT, usageTable, type Contender } from './usageTable'
import { valueTables } from './valueTables'

/** [seed][checkpoint] */
type Scores = readonly (readonly Record<GradientMethod, GradientScores>[])[]

export const medquad: Bench = {
  name: 'medquad',
  claim:
    'nine institutes: value predicts leave-one-out retraining (Pearson >= .85), usage finds the author of >= 80 % of answers',
  run: async (options: BenchOptions & { readonly quick?: boolean }): Promise<Table[]> => {
    const recipe = options.quick ? QUICK : RECIPE
    const cores = availableParallelism()
    const split = splitMedquad(readMedquad(), { ...recipe, seed: recipe.splitSeed })
    const sequences = sequencesOf(split, recipe)
    const began = performance.now()
    const runs = await retrain(sequences, recipe, cores)
    const trained = performance.now()
    const scores = await scoresOf(runs, sequences, recipe, cores)
    const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(0)} s`
    const times = `trained in ${seconds(began, trained)}, scored in ${seconds(trained, performance.now())} on ${cores} threads`

    const { checkpoints, valueUntil } = recipe.scoring
    const forValue = checkpoints.filter(share => share <= valueUntil).length
    const early = scores.map(ofSeed => ofSeed.slice(0, forValue))
    const tables = [
      corpusTable(split, sequences, runs, times),
      ...valueTables(sequences, runs, early),
      usageTable(sequences, await contenders(runs, scores, sequences, recipe, cores)),
    ]
    return options.quick ? tables.map(table => ({ ...table, missed: [] })) : tables
  },
}

async function scoresOf(
  runs: readonly SeedRuns[],
  sequences: Sequences,
  recipe: Recipe,
  cores: number,
): Promise<Scores> {
  const scores = []
  for (const [seed, { checkpoints }] of runs.entries()) {
    const ofSeed = []
    for (const [index, forward] of checkpoints.entries()) {
      const name = `${recipe.seeds[seed]!} ${index}`
      ofSeed.push(await scoreCheckpoint(forward, name, sequences, recipe, cores))
    }
    scores.push(ofSeed)
  }
  return scores
}

async function contenders(
  runs: readonly SeedRuns[],
  scores: Scores,
  sequences: Sequences,
  { scoring }: Recipe,
  cores: number,
): Promise<Contender[]> {
  const usageBy = (method: GradientMethod) =>
    combineUsage(scores.flatMap(ofSeed => ofSeed.map(byMethod => byMethod[method].usage)))
  const [ours, ...peers] = GRADIENT_METHODS
  const gradient = usageBy(ours)
  const spans = spanUsage(sequences)
  const hybrid = hybridUsage(gradient, spans, scoring.spanWeight, sequences)
  const lastModels = runs.map(({ checkpoints }) => checkpoints.at(-1)!)
  const hidden = await hiddenStateUsage(lastModels, sequences, cores)
  const asked = bm25Usage(sequences, 'question and answer')
  const baselines = [
    { method: 'BM25, answer', scores: bm25Usage(sequences, 'answer') },
    { method: 'BM25, question and answer', scores: asked },
    { method: 'hidden-state cosine', scores: hidden },
    ...peers.map(method => ({ method, scores: usageBy(method) })),
  ]
  return [
    { method: 'hybrid', scores: hybrid, aggregates: ADDED_UP },
    { method: 'spans alone', scores: spans, aggregates: ADDED_UP },
    { method: `gradient alone (${ours})`, scores: gradient, aggregates: ADDED_UP },
    ...baselines.map(baseline => ({ ...baseline, aggregates: BEST_FOR_IT })),
  ]
}
