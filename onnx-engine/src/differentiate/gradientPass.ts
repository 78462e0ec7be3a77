import { OnnxEngineError } from '../errors'
import { dtypes } from '../model/dtypes'
import type { Model, Tensor } from '../model/types'
import type { ProviderChoice } from '../session/providers'
import type { Feeds } from '../session/feeds'
import { ranges, rowsOf } from './batches'
import { PassResult } from './passResult'
import { type CheckedSamples, checkSamples } from './samples'
import { FEEDS } from './graph/objective'
import { agreesWithTie } from './graph/tied'
import { type PassGraph, passGraph } from './graph/passGraph'
import type { OriginalName } from './graph/originalNames'
import type { PassParameter } from './graph/prepared'
import { normalQuantile } from './normals'
import type { CapturedLayer, PassOptions, PassOutput, RunChoice, Samples } from './options'
import { openPassSession, type PassSession } from './passSession'

/**
 * A forward model with loss, direction and reverse pass appended, in a session: losses, layer codes, projected features
 * or parameter gradients of any samples, in batches.
 *
 * Samples must not depend on one another: every row is computed from its own inputs alone. What is differentiated is a
 * sample's quantity; gradients of `parameters` are sums over the samples that are given, so the gradient of a mean is
 * that divided by the count (for sequences: by the scored positions of all of them).
 */
export class GradientPass {
  private rebuilt = false

  /**
   * @throws OnnxEngineError UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR, SESSION_FAILED, INVALID_ARGUMENT
   */
  static async open(forward: Model, options: PassOptions): Promise<GradientPass> {
    if (!Number.isInteger(options.batch) || options.batch < 1)
      throw fault('batch of a pass', `${options.batch}`, 'a whole number, 1 or more')
    const graph = passGraph(forward, options)
    return new GradientPass(forward, options, graph, await openPassSession(graph.model, options.session))
  }

  private constructor(
    private readonly forward: Model,
    private readonly options: PassOptions,
    private graph: PassGraph,
    private session: PassSession,
  ) {}

  get layers(): readonly CapturedLayer[] {
    return this.graph.layers
  }

  /** Entries of each layer in a feature vector, in the order of `layers`; for a pass that wants features. */
  get featureDims(): readonly number[] {
    return this.graph.layers.map(layer => layer.features)
  }

  get parameters(): readonly PassParameter[] {
    return this.graph.parameters
  }

  /** What PyTorch called those parameters that its exporter stored under other names. */
  get originals(): ReadonlyMap<string, OriginalName> {
    return this.graph.originals
  }

  /** What the session computes with, and why with nothing that was preferred. */
  get providers(): ProviderChoice {
    return this.session.providers
  }

  /** The type of losses and gradients. */
  get floats(): 'float32' | 'float64' {
    return this.graph.output.dtype === 'float64' ? 'float64' : 'float32'
  }

  /** Classes of a cross-entropy. */
  get classes(): number | undefined {
    return this.graph.classes
  }

  /**
   * Runs all samples, in batches that are padded where the model's batch axis is fixed.
   * @throws OnnxEngineError INVALID_ARGUMENT, SESSION_FAILED; the signal's reason
   */
  async run(samples: Samples, choice: RunChoice = {}): Promise<PassOutput> {
    await this.fitClassAxis(samples)
    const checked = checkSamples(this.graph, samples)
    const result = new PassResult(this.graph, this.options, checked.count)
    const { size, step } = this.batching()
    const batches = [...ranges(checked.count, step)]
    let done = 0
    await this.session.map(
      this.jobs(checked, batches, size, choice),
      (outputs, index) => {
        const [from, to] = batches[index]!
        result.put(outputs, index, from, to)
        choice.onProgress?.((done += to - from))
      },
      {
        fetches: this.fetches(choice.keepOutputs !== false),
        ...(choice.signal && { signal: choice.signal }),
      },
    )
    return result.output(checked)
  }

  close(): Promise<void> {
    return this.session.close()
  }

  /** Rows of a run where that is fixed, and samples per run. */
  private batching(): { size: number | undefined; step: number } {
    const { batch } = this.graph
    const size = typeof batch === 'number' ? batch : undefined
    return { size, step: this.options.want === 'per-sample' ? 1 : (size ?? this.options.batch) }
  }

  private fetches(keepOutputs: boolean): string[] {
    const { model, output } = this.graph
    const names = model.graph.outputs.map(info => info.name)
    return keepOutputs ? names : names.filter(name => name !== output.name)
  }

  private *jobs(
    samples: CheckedSamples,
    batches: readonly (readonly [number, number])[],
    size: number | undefined,
    choice: RunChoice,
  ): Generator<Feeds> {
    const constant = { ...this.weightFeeds(choice.weights), ...this.rowFeed(choice.row) }
    const perSample = {
      ...this.uniformFeed(samples, choice.uniforms),
      ...this.seedFeed(samples, choice.seed),
    }
    for (const [from, to] of batches) {
      const rows = (tensor: Tensor): Tensor => rowsOf(tensor, from, to, size)
      const feeds: Record<string, Tensor> = { ...constant, [FEEDS.targets]: rows(samples.targets) }
      for (const { info, tensor } of samples.inputs) feeds[info.name] = rows(tensor)
      for (const [name, tensor] of Object.entries(perSample)) feeds[name] = rows(tensor)
      if (this.asks(FEEDS.weights))
        feeds[FEEDS.weights] = this.sampleWeights(from, to, size, choice.sampleWeights)
      yield feeds
    }
  }

  private asks(name: string): boolean {
    return this.graph.model.graph.inputs.some(info => info.name === name)
  }

  /** Zero for padding, so that it adds nothing. */
  private sampleWeights(
    from: number,
    to: number,
    size = to - from,
    weights: ArrayLike<number> | undefined,
  ): Tensor {
    const { dtype } = this.graph.output
    const data = dtypes[dtype].create(size) as Float32Array
    for (let i = from; i < to; i++) data[i - from] = weights ? weights[i]! : 1
    return { dtype, dims: [size], data }
  }

  private weightFeeds(given: ReadonlyMap<string, Tensor> | undefined): Feeds {
    if (this.options.weights === 'constants') {
      if (given) throw fault('weights of a run', 'weights', "a pass opened with weights: 'inputs'")
      return {}
    }
    for (const [name, value] of given ?? []) this.checkWeight(name, value, given!)
    return Object.fromEntries(
      this.parameters.map(({ name, dims }) => {
        const own = this.graph.forward.graph.initializers.get(name)!
        const weight = given?.get(name) ?? own
        if (weight.dtype !== own.dtype || String(weight.dims) !== String(dims))
          throw fault(
            `weight "${name}"`,
            `${weight.dtype} [${weight.dims.join(',')}]`,
            `${own.dtype} [${dims.join(',')}]`,
          )
        return [name, weight]
      }),
    )
  }

  /** Copies that exporters made of a tied weight may come along, as long as they stay copies. */
  private checkWeight(name: string, value: Tensor, given: ReadonlyMap<string, Tensor>): void {
    if (this.parameters.some(parameter => parameter.name === name)) return
    const { nodes, initializers } = this.graph.forward.graph
    if (!this.forward.graph.initializers.has(name) || initializers.has(name))
      throw fault('weights of a run', `"${name}"`, this.parameters.map(p => p.name).join(', '))
    if (!agreesWithTie(nodes, name, value, other => given.get(other) ?? initializers.get(other)))
      throw fault(`weight "${name}"`, 'values of its own', 'those of the weight that it equals in the model')
  }

  private rowFeed(row: number | undefined): Feeds {
    if (!this.asks(FEEDS.row)) return {}
    const width = this.graph.classes ?? this.graph.targets.dims[1]
    if (row === undefined || !Number.isInteger(row) || row < 0 || (typeof width === 'number' && row >= width))
      throw fault('row of the Fisher', `${row}`, `a whole number from 0 to below ${width}`)
    return { [FEEDS.row]: { dtype: 'int64', dims: [1], data: BigInt64Array.of(BigInt(row)) } }
  }

  private uniformFeed({ targets }: CheckedSamples, uniforms: Float32Array | undefined): Feeds {
    if (!this.asks(FEEDS.uniforms)) return {}
    if (uniforms?.length !== targets.data.length)
      throw fault(
        'uniforms of a sampled direction',
        uniforms ? `${uniforms.length}` : 'none',
        `${targets.data.length} numbers in [0,1), one per target`,
      )
    const { dtype } = this.graph.output
    const data = dtypes[dtype].create(uniforms.length) as Float32Array
    if (this.options.loss.kind === 'mean-squared-error')
      for (let i = 0; i < data.length; i++) data[i] = normalQuantile(uniforms[i]!)
    else data.set(uniforms)
    return { [FEEDS.uniforms]: { dtype, dims: targets.dims, data } }
  }

  private seedFeed({ count }: CheckedSamples, seed: Tensor | undefined): Feeds {
    if (!this.asks(FEEDS.seed)) return {}
    const { dtype, dims } = this.graph.output
    if (seed?.dims[0] !== count || seed.dims.length !== dims.length)
      throw fault(
        'seed of a run',
        seed ? `[${seed.dims.join(',')}]` : 'none',
        `a cotangent of the output, [${[count, ...dims.slice(1)].join(',')}]`,
      )
    const data = dtypes[dtype].create(seed.data.length) as Float32Array
    data.set(seed.data as Float32Array)
    return { [FEEDS.seed]: { dtype, dims: seed.dims, data } }
  }

  /** Reads [B,K,T] logits as such where the targets' shape fits nothing else. */
  private async fitClassAxis({ targets }: Samples): Promise<void> {
    const { loss } = this.options
    const { dims } = this.graph.output
    if (loss.kind !== 'cross-entropy' || loss.classAxis || this.rebuilt || dims.length < 3) return
    const fits = (sizes: readonly (number | string)[]): boolean =>
      sizes.length === targets.dims.length - 1 &&
      sizes.every((size, i) => typeof size === 'string' || size === targets.dims[i + 1])
    if (fits(dims.slice(1, -1)) || !fits(dims.slice(2))) return
    this.rebuilt = true
    this.graph = passGraph(this.forward, { ...this.options, loss: { ...loss, classAxis: 'second' } })
    await this.session.close()
    this.session = await openPassSession(this.graph.model, this.options.session)
  }
}

const fault = (what: string, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('INVALID_ARGUMENT', { what, got, expected })
