import { OnnxEngineError } from '../../errors'
import { rowsAt } from '../../differentiate/batches'
import { FEEDS } from '../../differentiate/graph/objective'
import { OUTPUTS, type PassGraph, passGraph } from '../../differentiate/graph/passGraph'
import type { PassParameter } from '../../differentiate/graph/prepared'
import type { Samples, SessionChoice } from '../../differentiate/options'
import { openPassSession, type PassSession } from '../../differentiate/passSession'
import { type CheckedSamples, checkSamples } from '../../differentiate/samples'
import { elementCount } from '../../model/tensor'
import type { Model, Tensor } from '../../model/types'
import type { Outputs } from '../../session/feeds'
import { counterBytes } from '../../random/counterStream'
import { InitialState } from './initialState'
import { optimizerOf } from './optimizer'
import { checkRecipe, rateAt, type Recipe } from './recipe'
import { RetrainThreads } from './retrainThreads'

export interface RetrainerOptions {
  readonly recipe: Recipe
  readonly session: SessionChoice
  /** As in PassOptions. */
  readonly output?: string
  readonly parameters?: readonly string[]
}

/** One training run. */
export interface RetrainJob {
  /** Decides the first state and the order of the rows. */
  readonly seed: string
  /** A factor of each sample's loss; rows of 0 are left out. 1 where it is left out. */
  readonly sampleWeights?: ArrayLike<number>
  /** By parameter name; drawn where it is left out. */
  readonly initial?: ReadonlyMap<string, Tensor>
  /** Epochs (from 1) after which the parameters are kept; 0 is the first state. */
  readonly checkpoints?: readonly number[]
  readonly signal?: AbortSignal
  readonly onEpoch?: (epoch: number, loss: number) => void
}

export interface Retrained {
  readonly parameters: ReadonlyMap<string, Tensor>
  readonly checkpoints: ReadonlyMap<number, ReadonlyMap<string, Tensor>>
  /** Per epoch, the mean of its batches' losses before their updates. */
  readonly losses: readonly number[]
}

/**
 * Trains a model again and again on parts of the same samples, several runs side by side on worker threads. A batch's
 * objective is Σ wᵢ·ℓᵢ / Σ wᵢ over its rows, for sequences over their scored positions, as torch's losses reduce. Equal
 * jobs give equal bits, whatever runs beside them.
 */
export class Retrainer {
  private constructor(
    private readonly recipe: Recipe,
    private readonly graph: PassGraph,
    private readonly session: PassSession | RetrainThreads,
    private readonly initial: InitialState,
    private readonly workers: number,
  ) {}

  /** @throws OnnxEngineError INVALID_ARGUMENT, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR, SESSION_FAILED */
  static async open(forward: Model, options: RetrainerOptions): Promise<Retrainer> {
    const { recipe, session, ...rest } = options
    const { loss, initialDeviation } = checkRecipe(recipe)
    const graph = passGraph(forward, {
      ...rest,
      loss,
      direction: 'loss',
      want: 'parameters',
      weights: 'packed',
    })
    const initial = new InitialState(graph.forward, graph.parameters, initialDeviation)
    const { workers = 0, ...own } = session
    const runs =
      workers > 0
        ? await RetrainThreads.start(forward, { ...options, session: own }, workers)
        : await openPassSession(graph.model, own)
    return new Retrainer(recipe, graph, runs, initial, Math.max(1, workers))
  }

  get parameters(): readonly PassParameter[] {
    return this.graph.parameters
  }

  /** @throws OnnxEngineError INVALID_ARGUMENT, NOT_FINITE, SESSION_FAILED; the signal's reason */
  async run(samples: Samples, job: RetrainJob): Promise<Retrained> {
    if (this.session instanceof RetrainThreads) return this.session.run(samples, job)
    const { session } = this
    const checked = checkSamples(this.graph, samples)
    const rows = this.trainedRows(checked, job.sampleWeights)
    const parameters = this.packed(job)
    const update = optimizerOf(this.recipe, parameters.length)
    const { epochs } = this.recipe
    const perEpoch = this.batchesOf(rows).length
    const kept = new Map<number, ReadonlyMap<string, Tensor>>()
    const keep = (epoch: number): void => {
      if (job.checkpoints?.includes(epoch)) kept.set(epoch, this.unpacked(parameters.slice()))
    }
    const losses: number[] = []
    keep(0)
    for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
      const order =
        this.recipe.shuffle === false ? rows : counterBytes(job.seed, 'order', epoch).shuffle(rows)
      let total = 0
      for (const batch of this.batchesOf(order)) {
        const { loss, gradient } = await this.gradient(session, checked, batch, parameters, job)
        if (!Number.isFinite(loss)) throw new OnnxEngineError('NOT_FINITE', { step, loss, gradientNorm: NaN })
        update(parameters, gradient, rateAt(this.recipe, { step, epoch, steps: epochs * perEpoch }))
        total += loss
        step++
      }
      losses.push(total / perEpoch)
      keep(epoch + 1)
      job.onEpoch?.(epoch + 1, total / perEpoch)
    }
    if (!parameters.every(Number.isFinite))
      throw new OnnxEngineError('NOT_FINITE', {
        step: epochs * perEpoch,
        loss: losses.at(-1)!,
        gradientNorm: NaN,
      })
    return { parameters: this.unpacked(parameters), checkpoints: kept, losses }
  }

  /** All jobs, as many side by side as there are workers; results in the order of the jobs. */
  async runAll(samples: Samples, jobs: readonly RetrainJob[]): Promise<Retrained[]> {
    const results: Retrained[] = []
    let next = 0
    const drain = async (): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++)
        results[index] = await this.run(samples, jobs[index]!)
    }
    await Promise.all(Array.from({ length: this.workers }, drain))
    return results
  }

  close(): Promise<void> {
    return this.session.close()
  }

  private trainedRows({ count }: CheckedSamples, weights: ArrayLike<number> | undefined): number[] {
    if (weights && weights.length !== count)
      throw fault('sampleWeights of a retraining', `${weights.length}`, `${count}, one per sample`)
    const rows: number[] = []
    for (let i = 0; i < count; i++) {
      const weight = weights ? weights[i]! : 1
      if (!(weight >= 0 && Number.isFinite(weight)))
        throw fault(`sampleWeights[${i}]`, `${weight}`, 'a number, 0 or more')
      if (weight > 0) rows.push(i)
    }
    if (rows.length === 0) throw fault('samples to train on', 'none', 'at least one of a weight above 0')
    return rows
  }

  private batchesOf(rows: readonly number[]): (readonly number[])[] {
    const { dropLast } = this.recipe
    const fixed = this.graph.batch
    const size = typeof fixed === 'number' ? Math.min(fixed, this.recipe.batch) : this.recipe.batch
    const batches = []
    for (let from = 0; from < rows.length; from += size) batches.push(rows.slice(from, from + size))
    return dropLast && batches.length > 1 && batches.at(-1)!.length < size ? batches.slice(0, -1) : batches
  }

  private async gradient(
    session: PassSession,
    samples: CheckedSamples,
    batch: readonly number[],
    parameters: Float32Array,
    job: RetrainJob,
  ): Promise<{ loss: number; gradient: Float32Array }> {
    const size = typeof this.graph.batch === 'number' ? this.graph.batch : batch.length
    const rows = (tensor: Tensor): Tensor => rowsAt(tensor, batch, size)
    const targets = rows(samples.targets)
    const weights = new Float32Array(size)
    const scored = this.scored(targets)
    let total = 0
    batch.forEach((row, i) => (total += (job.sampleWeights?.[row] ?? 1) * scored[i]!))
    const share = total > 0 ? 1 / total : 0
    batch.forEach((row, i) => (weights[i] = (job.sampleWeights?.[row] ?? 1) * share))
    const outputs = await session.run(
      {
        ...Object.fromEntries(samples.inputs.map(({ info, tensor }) => [info.name, rows(tensor)])),
        [FEEDS.targets]: targets,
        // A copy: the buffers of feeds go over to the session.
        [FEEDS.weights]: { dtype: 'float32', dims: [size], data: weights.slice() },
        [FEEDS.parameters]: { dtype: 'float32', dims: [parameters.length], data: parameters.slice() },
      },
      { fetches: [OUTPUTS.loss, OUTPUTS.packed], ...(job.signal && { signal: job.signal }) },
    )
    return { loss: weighted(outputs, weights), gradient: outputs[OUTPUTS.packed]!.data as Float32Array }
  }

  /** Scored positions of each row. */
  private scored({ dims, data }: Tensor): number[] {
    const [count, each] = dims as [number, number]
    if (this.graph.classes === undefined) return Array.from({ length: count }, () => 1)
    const ignored = BigInt(this.graph.ignoreIndex)
    return Array.from({ length: count }, (_, row) => {
      let scored = 0
      for (let i = row * each; i < (row + 1) * each; i++) if (data[i] !== ignored) scored++
      return scored
    })
  }

  private packed({ initial, seed }: RetrainJob): Float32Array {
    if (!initial) return this.initial.draw(seed)
    const packed = new Float32Array(this.initial.size)
    let offset = 0
    for (const { name, dims } of this.parameters) {
      const given = initial.get(name) ?? this.graph.forward.graph.initializers.get(name)!
      if (String(given.dims) !== String(dims))
        throw fault(`first state of "${name}"`, `[${given.dims.join(',')}]`, `[${dims.join(',')}]`)
      packed.set(given.data as Float32Array, offset)
      offset += elementCount(dims)
    }
    return packed
  }

  private unpacked(packed: Float32Array): Map<string, Tensor> {
    let offset = 0
    return new Map(
      this.parameters.map(({ name, dims }): [string, Tensor] => {
        const length = elementCount(dims)
        const data = packed.slice(offset, offset + length)
        offset += length
        return [name, { dtype: 'float32', dims, data }]
      }),
    )
  }
}

function weighted(outputs: Outputs, weights: Float32Array): number {
  const losses = outputs[OUTPUTS.loss]!.data as Float32Array
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * losses[i]!
  return sum
}

const fault = (what: string, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('INVALID_ARGUMENT', { what, got, expected })
