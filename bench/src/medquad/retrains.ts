import {
  forwardModel,
  parameterLayout,
  unpack,
  type CausalLmConfig,
  type Model,
} from '@open-datanets/onnx-engine'
import { lossesOf } from '../../../attribution-oracle/src/scoring/epoch/losses'
import type { Recipe } from './recipe'
import type { Sequences } from './sequences'
import { trainModel } from './trainModel'

/** What one seed's trainings tell. */
export interface SeedRuns {
  /** The model of all institutes, early to late. */
  readonly checkpoints: readonly Model[]
  /** Nats of each held-out question, summed over its scored tokens. */
  readonly full: readonly number[]
  /** The same by the institute that was left out. */
  readonly without: readonly (readonly number[])[]
}

/**
 * Trains the model of all institutes and one without each of them, for every seed, as many at a time as there are
 * cores. What is removed is the institute's text; every other row is read as often as before, in the same order (the
 * same number of epochs, not of steps): that is what the network would have trained without this contributor, and what
 * a sum over the contributor's samples predicts. The same number of steps would repeat the others' text instead.
 */
export async function retrain(
  sequences: Sequences,
  { seeds, model, training, scoring }: Recipe,
  cores: number,
): Promise<SeedRuns[]> {
  const config = { ...model, vocabSize: sequences.vocabSize }
  const leftOut = [undefined, ...sequences.institutes.keys()]
  const jobs = seeds.flatMap(seed => leftOut.map(institute => ({ seed, institute })))
  const done = await inParallel(jobs, cores, async ({ seed, institute }) => {
    const keeps = (row: { institute: number }): boolean => row.institute !== institute
    const shares = institute === undefined ? scoring.checkpoints : [1]
    const parameters = await trainModel(sequences.rows, keeps, config, training, seed, shares)
    const checkpoints = parameters.map(packed => modelOf(config, packed))
    const options = { workers: 1, onWindows: () => {} }
    return { checkpoints, losses: await lossesOf(checkpoints.at(-1)!, sequences.questions, options) }
  })
  return seeds.map((_, index) => {
    const [full, ...without] = done.slice(index * leftOut.length, (index + 1) * leftOut.length)
    return {
      checkpoints: full!.checkpoints,
      full: full!.losses,
      without: without.map(({ losses }) => losses),
    }
  })
}

function modelOf(config: CausalLmConfig, packed: Float32Array): Model {
  return forwardModel(config, unpack(parameterLayout(config), packed))
}

/** Results in the order of the jobs. */
async function inParallel<Job, Result>(
  jobs: readonly Job[],
  lanes: number,
  work: (job: Job) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = jobs.entries()
  const lane = async (): Promise<void> => {
    for (const [index, job] of waiting) results[index] = await work(job)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}
