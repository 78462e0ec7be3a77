import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import type { Outputs } from '../session/feeds'
import { SessionPool } from '../session/sessionPool'
import { Adam, type AdamOptions, type AdamState } from './adam'
import { shardsOf, type Batch } from './batch'
import { combineShards } from './combineShards'
import { learningRateAt, type Schedule } from './learningRate'

/** All that a later process needs to go on with the same bits. */
export interface TrainingState extends AdamState {
  readonly parameters: Float32Array
}

export interface TrainerOptions {
  /**
   * The bytes of a training graph: `parameters` float32 [P], `tokens` and `targets` int64 [B, T] to `loss` (mean over
   * scored tokens), `count` (scored tokens) and `gradient` [P] of that mean.
   */
  readonly model: Uint8Array
  /** Parameters to start from, or the exported state of an earlier run to go on with. */
  readonly start: Float32Array | TrainingState
  /** Sessions that share each batch; the bits of the result depend on it. */
  readonly shards: number
  readonly schedule: Schedule
  readonly adam?: Partial<AdamOptions>
  /** The gradient is scaled down to this norm when it is longer. No limit when absent. */
  readonly clipNorm?: number
}

export interface Progress {
  readonly step: number
  readonly steps: number
  /** Mean loss over the scored tokens of this step's batch, before its update; in nats. */
  readonly loss: number
  readonly tokensPerSecond: number
}

export interface TrainOptions {
  /** The batch of step `step` (from 1). It alone decides the order of the data. */
  readonly batch: (step: number) => Batch
  /** Train up to and including this step; default: the schedule's last. */
  readonly until?: number
  /** Steps after which a copy of the parameters is kept. */
  readonly checkpointsAt?: readonly number[]
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

export interface TrainingResult {
  /** The loss of each step that was trained here, in order. */
  readonly losses: number[]
  readonly checkpoints: Map<number, Float32Array>
}

/**
 * Adam over a training graph, data-parallel over threads. Shard results are summed in the order of the shards, so the
 * same start, batches and shard count give the same bits.
 */
export class Trainer {
  readonly #pool: SessionPool
  readonly #options: TrainerOptions
  readonly #parameters: Float32Array
  readonly #adam: Adam

  static async create(options: TrainerOptions): Promise<Trainer> {
    return new Trainer(await SessionPool.create({ model: options.model, workers: options.shards }), options)
  }

  private constructor(pool: SessionPool, options: TrainerOptions) {
    this.#pool = pool
    this.#options = options
    const { start, adam } = options
    const resumed = start instanceof Float32Array ? undefined : start
    this.#parameters = (start instanceof Float32Array ? start : start.parameters).slice()
    this.#adam = new Adam(this.#parameters.length, adam, resumed)
  }

  /** A copy of the current parameters. */
  get parameters(): Float32Array {
    return this.#parameters.slice()
  }

  get state(): TrainingState {
    return { parameters: this.parameters, ...this.#adam.state() }
  }

  /**
   * Trains from the current step. Rejects with the pool's errors, the signal's reason, or NOT_FINITE when a loss or
   * gradient is not a number; the state is then that of the last complete step.
   */
  async train(options: TrainOptions): Promise<TrainingResult> {
    const { until = this.#options.schedule.totalSteps, checkpointsAt = [], onProgress, signal } = options
    const result: TrainingResult = { losses: [], checkpoints: new Map() }
    const began = performance.now()
    let tokens = 0
    for (let step = this.#adam.steps + 1; step <= until; step++) {
      const { loss, count } = await this.#step(step, options.batch(step), signal)
      tokens += count
      result.losses.push(loss)
      if (checkpointsAt.includes(step)) result.checkpoints.set(step, this.parameters)
      onProgress?.({
        step,
        steps: until,
        loss,
        tokensPerSecond: (1000 * tokens) / (performance.now() - began),
      })
    }
    return result
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #step(
    step: number,
    batch: Batch,
    signal: AbortSignal | undefined,
  ): Promise<{ loss: number; count: number }> {
    const { schedule, clipNorm = Infinity } = this.#options
    const shards = await Promise.all(
      shardsOf(batch, this.#options.shards).map(shard => this.#run(shard, signal)),
    )
    const { loss, count, gradient, norm } = combineShards(shards)
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      throw new OnnxEngineError('NOT_FINITE', { step, loss, gradientNorm: norm })
    }
    const scale = norm > clipNorm ? clipNorm / norm : 1
    this.#adam.update(this.#parameters, gradient, learningRateAt(step, schedule), scale)
    return { loss, count }
  }

  #run(shard: Batch, signal: AbortSignal | undefined): Promise<Outputs> {
    const parameters: Tensor = { dtype: 'float32', dims: [this.#parameters.length], data: this.parameters }
    return this.#pool.run({ parameters, ...shard }, { transfer: true, ...(signal && { signal }) })
  }
}
