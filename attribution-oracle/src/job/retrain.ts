import { GradientPass, Retrainer, type Recipe, type Tensor } from '@open-datanets/onnx-engine'
import { readModelFile } from '@open-datanets/onnx-engine'
import { floatsOf } from './checkpoints'
import type { TrainingRecipe } from './document'
import type { LoadedJob } from './loadJob'
import { lossOf } from './loss'

export interface SubsetTask {
  /** uint8 [n_train], 1: the row is trained on */
  readonly mask: Uint8Array
  readonly seed: string
}

const BATCH = 64

/**
 * Trains the job's model on subsets of its rows as the job's recipe says, and measures the queries.
 * @returns float64 [n_query] of each task's model: the losses of the queries
 * @throws OnnxEngineError INVALID_ARGUMENT for a recipe that cannot be, NOT_FINITE where a training diverges
 */
export async function trainSubsets(
  { job, model, train, query, pathOf }: LoadedJob,
  tasks: readonly SubsetTask[],
  o: { readonly workers: number; readonly signal?: AbortSignal; readonly onTrained: (done: number) => void },
): Promise<Float64Array[]> {
  const { initial, training } = job.audit!.retrain!
  const first = initial === undefined ? undefined : floatsOf(await readModelFile(pathOf(initial)))
  const output = job.output === undefined ? {} : { output: job.output }
  const recipe = recipeOf(training, lossOf(job))
  const session = o.workers > 1 ? { workers: o.workers } : {}
  const retrainer = await Retrainer.open(model, { recipe, session, ...output })
  const pass = await GradientPass.open(model, {
    ...{ loss: lossOf(job), direction: 'loss', want: 'none', weights: 'inputs', batch: BATCH, session: {} },
    ...output,
  })
  try {
    const names = new Set(retrainer.parameters.map(({ name }) => name))
    const start = first && new Map([...first].filter(([name]) => names.has(name)))
    let done = 0
    const trained = async (task: SubsetTask): Promise<ReadonlyMap<string, Tensor>> => {
      const { parameters } = await retrainer.run(train, {
        seed: task.seed,
        sampleWeights: task.mask,
        ...(start && { initial: start }),
        ...(o.signal && { signal: o.signal }),
      })
      o.onTrained(++done)
      return parameters
    }
    const losses: Float64Array[] = []
    for (let at = 0; at < tasks.length; at += Math.max(1, o.workers)) {
      const models = await Promise.all(tasks.slice(at, at + Math.max(1, o.workers)).map(trained))
      for (const weights of models)
        losses.push((await pass.run(query!, { weights, keepOutputs: false })).loss)
    }
    return losses
  } finally {
    await retrainer.close()
    await pass.close()
  }
}

function recipeOf(training: TrainingRecipe, loss: Recipe['loss']): Recipe {
  const { optimizer, momentum, nesterov, betas, epsilon, schedule, ...rest } = training
  const common = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as typeof rest
  return {
    ...(common as Pick<Recipe, 'learningRate' | 'batch' | 'epochs'>),
    loss,
    optimizer:
      optimizer === 'sgd'
        ? {
            kind: optimizer,
            ...(momentum !== undefined && { momentum }),
            ...(nesterov !== undefined && { nesterov }),
          }
        : {
            kind: optimizer,
            ...(betas && { beta1: betas[0], beta2: betas[1] }),
            ...(epsilon !== undefined && { epsilon }),
          },
    ...(schedule !== undefined && { schedule: { kind: schedule } }),
  }
}
