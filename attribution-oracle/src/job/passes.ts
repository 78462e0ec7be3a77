import {
  elementCount,
  GradientPass,
  OnnxEngineError,
  type Model,
  type PassGraph,
  type PassOutput,
  type Projection,
  type RunChoice,
  type Samples,
  type SessionChoice,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { Checkpoint } from './checkpoints'
import { floatsOf } from './checkpoints'
import type { ScoreJob } from './document'
import { lossOf } from './loss'

export type PassKind = 'loss' | 'margin' | 'sampled' | 'fisher-row'

/** Weights up to this size go into a session as inputs, so that one session serves every checkpoint. */
const MOST_INPUT_BYTES = 2 ** 22
const BATCH = 64

/**
 * The engine's passes over one model: a session per direction, opened when it is first asked for. Where weights are too
 * large to be handed over with every batch, a checkpoint has sessions of its own.
 */
export class Passes {
  /** classes, or outputs of a regression; undefined for token models of large vocabularies as for unknown sizes */
  readonly outputs: number | undefined
  private asInputs: boolean
  private names: Set<string>
  private open = new Map<string, Promise<GradientPass>>()
  private constant: Checkpoint | undefined
  /** where the passes computed so far, and why nowhere else that was asked for */
  computedOn: GradientPass['providers'] | undefined

  constructor(
    private readonly model: Model,
    private readonly graph: PassGraph,
    private readonly job: Pick<ScoreJob, 'task' | 'ignoreIndex' | 'output'>,
    private readonly session: SessionChoice,
  ) {
    const bytes = graph.parameters.reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0)
    this.asInputs = bytes <= MOST_INPUT_BYTES
    this.names = new Set(graph.parameters.map(({ name }) => name))
    const last = graph.output.dims.at(-1)
    this.outputs =
      graph.classes ?? (typeof last === 'number' && graph.output.dims.length === 2 ? last : undefined)
  }

  /** Codes of all samples at a checkpoint, one direction. @throws OnnxEngineError */
  async run(
    checkpoint: Checkpoint,
    direction: PassKind,
    samples: Samples,
    choice: Pick<RunChoice, 'row' | 'uniforms' | 'signal' | 'onProgress'>,
  ): Promise<PassOutput> {
    const pass = await this.passOf(direction, 'codes', checkpoint)
    return pass.run(samples, {
      ...choice,
      ...this.weightsOf(checkpoint),
      keepOutputs: this.job.task !== 'causal-lm',
    })
  }

  /** Numbers of inputs and gradients of all layers that one sample has at all of its positions. */
  async codesPerSample(
    checkpoint: Checkpoint,
    sample: Samples,
  ): Promise<{ inputs: number; gradients: number }> {
    const { layers } = await this.run(checkpoint, 'loss', sample, {})
    const seen = new Set<Float32Array>()
    let [inputs, gradients] = [0, 0]
    for (const layer of layers) {
      if (!seen.has(layer.inputs)) inputs += layer.inputs.length
      seen.add(layer.inputs)
      gradients += layer.gradients.length
    }
    return { inputs, gradients }
  }

  /** Projected gradients of all samples at a checkpoint: float32 [n, dims]. @throws OnnxEngineError */
  async features(
    checkpoint: Checkpoint,
    direction: PassKind,
    projection: Projection,
    samples: Samples,
    choice: Pick<RunChoice, 'row' | 'uniforms' | 'signal' | 'onProgress'>,
  ): Promise<{ features: Float32Array; loss: Float64Array; scored: Int32Array }> {
    const pass = await this.passOf(direction, 'features', checkpoint, projection)
    const output = await pass.run(samples, { ...choice, ...this.weightsOf(checkpoint), keepOutputs: false })
    return { features: output.features!, loss: output.loss, scored: output.scored }
  }

  /** Layers with the entries of each in a feature vector. */
  async featureLayers(
    checkpoint: Checkpoint,
    projection: Projection,
  ): Promise<{ name: string; inWidth: number; outWidth: number; dims: number }[]> {
    const pass = await this.passOf('loss', 'features', checkpoint, projection)
    return pass.layers.map(({ name, inWidth, outWidth }, i) => ({
      name,
      inWidth,
      outWidth,
      dims: pass.featureDims[i]!,
    }))
  }

  async close(): Promise<void> {
    const passes = [...this.open.values()]
    this.open = new Map()
    for (const pass of await Promise.allSettled(passes))
      if (pass.status === 'fulfilled') await pass.value.close()
  }

  /** Closes what was opened for other weights. */
  private async prepare(checkpoint: Checkpoint): Promise<void> {
    if (!this.asInputs) {
      if (this.constant?.digest !== checkpoint.digest) await this.close()
      this.constant = checkpoint
      return
    }
    // Statistics of a normalisation are no parameters, but checkpoints may bring their own.
    const own = floatsOf(this.model)
    const further = [...checkpoint.weights].filter(
      ([name, tensor]) =>
        !this.names.has(name) && tensor.dims.length > 0 && !sameValues(tensor, own.get(name)!),
    )
    if (further.length === 0) return
    await this.close()
    this.names = new Set([...this.names, ...further.map(([name]) => name)])
  }

  private weightsOf({ weights }: Checkpoint): { weights?: ReadonlyMap<string, Tensor> } {
    if (!this.asInputs) return {}
    return { weights: new Map([...weights].filter(([name]) => this.names.has(name))) }
  }

  private async passOf(
    direction: PassKind,
    want: 'codes' | 'features',
    checkpoint: Checkpoint,
    projection?: Projection,
  ): Promise<GradientPass> {
    await this.prepare(checkpoint)
    try {
      const pass = await this.opened(direction, want, projection)
      this.computedOn = pass.providers
      return pass
    } catch (error) {
      // ONNX Runtime refuses some graphs, valid ones, only with their weights as inputs.
      if (!this.asInputs || !isRefused(error)) throw error
      await this.close()
      this.asInputs = false
      await this.prepare(checkpoint)
      return this.opened(direction, want, projection)
    }
  }

  private opened(
    direction: PassKind,
    want: 'codes' | 'features',
    projection: Projection | undefined,
  ): Promise<GradientPass> {
    const key = `${direction} ${want} ${projection?.k} ${projection?.seed}`
    const { job, session } = this
    const known =
      this.open.get(key) ??
      GradientPass.open(this.asInputs ? this.model : withWeights(this.model, this.constant!.weights), {
        loss: lossOf(job),
        direction,
        want,
        ...(projection && { projection }),
        ...(job.output !== undefined && { output: job.output }),
        weights: this.asInputs ? 'inputs' : 'constants',
        parameters: [...this.names],
        batch: BATCH,
        session,
      })
    this.open.set(key, known)
    return known
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof OnnxEngineError && error.code === 'SESSION_FAILED'
}

function withWeights(model: Model, weights: ReadonlyMap<string, Tensor>): Model {
  const initializers = new Map([...model.graph.initializers, ...weights])
  return { ...model, graph: { ...model.graph, initializers } }
}

function sameValues(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a.data as Float32Array, b.data as Float32Array]
  return left.every((value, i) => value === right[i])
}
