import type { SessionChoice, Samples } from '../differentiate/options'
import { separateParameters } from '../differentiate/graph/separate'
import type { Model, Tensor } from '../model/types'
import type { Recipe } from './retrain/recipe'
import { Retrainer, type Retrained, type RetrainJob } from './retrain/retrainer'

export interface RetrainOptions extends RetrainJob {
  readonly samples: Samples
  readonly recipe: Recipe
  readonly session?: SessionChoice
}

/**
 * Trains any supported model once; see `Retrainer` for many runs of one model.
 * @returns parameters by the model's own names and shapes, and checkpoints
 */
export async function retrain(forward: Model, options: RetrainOptions): Promise<Retrained> {
  const { samples, recipe, session = {}, ...job } = options
  const retrainer = await Retrainer.open(forward, { recipe, session })
  try {
    return await retrainer.run(samples, job)
  } finally {
    await retrainer.close()
  }
}

/** The model with other values of some of its initializers. */
export function withParameters(given: Model, parameters: ReadonlyMap<string, Tensor>): Model {
  const model = separateParameters(given)
  const initializers = new Map([...model.graph.initializers, ...parameters])
  return { ...model, graph: { ...model.graph, initializers } }
}
