import type { Outputs } from '../session/feeds'
import { dtypes } from '../model/dtypes'
import { elementCount } from '../model/tensor'
import type { Tensor, TensorData } from '../model/types'
import { GradientSum, Rows, withTrailingOnes } from './collect'
import { OUTPUTS, type PassGraph } from './graph/passGraph'
import type { LayerCodes, PassOptions, PassOutput } from './options'
import type { CheckedSamples } from './samples'

/** What arrives batch by batch, put together over all samples. */
export class PassResult {
  private readonly rows = new Map<string, Rows>()
  private readonly sum: GradientSum | undefined
  private outputDims: readonly number[] | undefined

  constructor(
    private readonly graph: PassGraph,
    private readonly options: Pick<PassOptions, 'want' | 'loss'>,
    private readonly count: number,
  ) {
    if (options.want === 'parameters') this.sum = new GradientSum(graph.parameters, OUTPUTS.gradient)
  }

  /** The results of samples `from` to before `to`, job `index`. */
  put(outputs: Outputs, index: number, from: number, to: number): void {
    const size = outputs[OUTPUTS.loss]!.data.length
    const isPerSample = this.options.want === 'per-sample'
    const gradients = new Set(this.graph.parameters.map(({ name }) => OUTPUTS.gradient(name)))
    if (outputs[this.graph.output.name]) this.outputDims = outputs[this.graph.output.name]!.dims
    for (const [name, { dtype, data }] of Object.entries(outputs)) {
      const isGradient = gradients.has(name)
      if (isGradient && !isPerSample) continue
      this.rowsOf(name, dtype).put(from, to - from, isGradient ? 1 : size, data)
    }
    this.sum?.put(index, outputs)
  }

  output(samples: CheckedSamples): PassOutput {
    const { want } = this.options
    const { loss, scored, probability } = this.losses()
    return {
      loss,
      scored,
      ...(probability && { probability }),
      outputs: this.outputs(),
      layers: want === 'codes' ? this.layers(samples.count) : [],
      ...(want === 'features' && { features: floats(this.rows.get(OUTPUTS.features)?.data) }),
      ...(this.sum && { gradients: this.sum.tensors(this.dtype) }),
      ...(want === 'per-sample' && { gradients: this.perSample() }),
    }
  }

  private get dtype(): 'float32' | 'float64' {
    return this.graph.output.dtype === 'float64' ? 'float64' : 'float32'
  }

  private rowsOf(name: string, dtype: Tensor['dtype']): Rows {
    const existing = this.rows.get(name)
    if (existing) return existing
    const created = new Rows(this.count, dtypes[dtype].create)
    this.rows.set(name, created)
    return created
  }

  private losses(): { loss: Float64Array; scored: Int32Array; probability?: Float64Array } {
    const { count } = this
    const isClasses = this.graph.classes !== undefined
    const [sums, counts, margins] = [OUTPUTS.loss, OUTPUTS.scored, OUTPUTS.margin].map(
      name => this.rows.get(name)?.data,
    )
    const scored = new Int32Array(count).fill(1)
    if (isClasses) for (let i = 0; i < count; i++) scored[i] = Number(counts![i])
    const loss = new Float64Array(count)
    for (let i = 0; i < count; i++)
      if (scored[i]! > 0)
        loss[i] = isClasses && margins ? softplus(-Number(margins[i])) : Number(sums![i]) / scored[i]!
    if (!this.graph.has.margin) return { loss, scored }
    const probability = new Float64Array(count)
    for (let i = 0; i < count; i++) probability[i] = 1 / (1 + Math.exp(-Number(margins![i])))
    return { loss, scored, probability }
  }

  private outputs(): Tensor {
    const { dtype, dims } = this.graph.output
    const rows = this.rows.get(this.graph.output.name)
    const each = (this.outputDims ?? dims.map(dim => (typeof dim === 'number' ? dim : 0))).slice(1)
    if (!rows?.data) return { dtype, dims: [0, ...each], data: dtypes[dtype].create(0) }
    return { dtype, dims: [this.count, ...each], data: rows.data }
  }

  private layers(count: number): LayerCodes[] {
    const widened = new Map<string, Float32Array>()
    return this.graph.layers.map(({ inputs, gradients, features: _, ...layer }) => {
      const width = layer.inWidth - (layer.bias ? 1 : 0)
      const key = `${inputs} ${layer.bias}`
      const given = floats(this.rows.get(inputs)?.data)
      const own = widened.get(key) ?? (layer.bias ? withTrailingOnes(given, width) : given)
      widened.set(key, own)
      const positions = count === 0 ? 0 : given.length / width / count
      return { layer, positions, inputs: own, gradients: floats(this.rows.get(gradients)?.data) }
    })
  }

  private perSample(): Map<string, Tensor> {
    const { dtype, count } = this
    return new Map(
      this.graph.parameters.map(({ name, dims }) => {
        const data =
          this.rows.get(OUTPUTS.gradient(name))?.data ?? dtypes[dtype].create(count * elementCount(dims))
        return [name, { dtype, dims: [count, ...dims], data }]
      }),
    )
  }
}

/** log(1 + exp(x)) to full precision. */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))

const floats = (data: TensorData | undefined): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from((data as Float64Array | undefined) ?? [])
