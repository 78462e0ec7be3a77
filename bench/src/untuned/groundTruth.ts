import { GradientPass, Retrainer, type Tensor } from '@open-datanets/onnx-engine'
import { retrainEvidence, type Evidence } from '../../../attribution-oracle/src/scoring/audit'
import type { Task } from './task'

export type Weights = ReadonlyMap<string, Tensor>

export interface Trained {
  /** runs x steps */
  readonly runs: readonly (readonly Weights[])[]
  /** by which methods are chosen and rivals tuned */
  readonly evidence: Evidence
  /** by which they are judged: other subsets, each trained twice */
  readonly fresh: Evidence
}

const RUNS = 2

/** Full trainings with their checkpoints, and trainings on random halves for evidence and for judgement. */
export async function trainAll(task: Task, subsets: { evidence: number; fresh: number }): Promise<Trained> {
  const { model, recipe, train, query, checkpoints } = task
  const retrainer = await Retrainer.open(model, { recipe, session: { workers: 4 } })
  const pass = await GradientPass.open(model, {
    ...{ loss: recipe.loss, direction: 'loss', want: 'none', weights: 'inputs', batch: 100, session: {} },
  })
  try {
    const full = await retrainer.runAll(
      train,
      Array.from({ length: RUNS }, (_, run) => ({ seed: `full/${run}`, checkpoints })),
    )
    const lost = (seed: string, count: number, repeats: number): Promise<Evidence> =>
      retrainEvidence(
        async tasks => {
          const trained = await retrainer.runAll(
            train,
            tasks.map(({ mask, seed: own }) => ({ seed: own, sampleWeights: mask })),
          )
          const losses: Float64Array[] = []
          for (const { parameters } of trained)
            losses.push((await pass.run(query, { weights: parameters, keepOutputs: false })).loss)
          return losses
        },
        { rows: train.count, subsets: count, repeats, seed },
      )
    return {
      runs: full.map(run => checkpoints.map(epoch => run.checkpoints.get(epoch)!)),
      evidence: await lost('evidence', subsets.evidence, 1),
      fresh: await lost('fresh', subsets.fresh, 2),
    }
  } finally {
    await Promise.all([retrainer.close(), pass.close()])
  }
}
