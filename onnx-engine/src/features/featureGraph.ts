import { OnnxEngineError } from '../errors'
import { GraphBuilder } from '../graph/builder'
import { crossEntropyOf } from '../graph/crossEntropy'
import { divideDims, formatDims, multiplyDims } from '../graph/dims'
import { reachedGradients } from '../graph/gradients/reverse'
import type { Value } from '../graph/value'
import { int64s, scalar } from '../model/tensor'
import type { Model } from '../model/types'
import type { LinearLayer } from './linearLayers'
import { findLinearLayers } from './linearLayers'
import { projection } from './projection'
import { sampledLabels } from './sampledLabels'

export interface FeatureOptions {
  /** k: the feature of a layer has k·k entries. */
  readonly projection: number
  readonly seed: string
  /** Whose loss is differentiated: that of the given targets, or of labels drawn from the model itself. */
  readonly labels: 'targets' | 'sampled'
}

export interface FeatureLayer {
  readonly name: string
  readonly inWidth: number
  readonly outWidth: number
  /** Entries of this layer in a feature vector; layers follow one another in order. */
  readonly dims: number
}

export interface FeatureGraph {
  readonly model: Model
  readonly layers: readonly FeatureLayer[]
  /** Entries of a whole feature vector. */
  readonly dims: number
}

const IGNORED = -1

/**
 * Projected gradients of each sample's summed cross-entropy, one per linear layer, without ever forming the gradient of
 * a weight: (x·P_in)ᵀ(dy·P_out), summed over tokens.
 *
 * Inputs of the graph: `tokens` int64 [B,T], `targets` int64 [B,T] (-1 is ignored), and for sampled labels `uniforms`
 * [B,T] in [0,1). Outputs: `features` [B, dims]; `loss` [B], nats of the true targets summed over tokens; and
 * `tokens_scored` int64 [B]. Layers that read the same activations share P_in, that of the first of them.
 * @param forward tokens -> logits [B,T,V], weights as initializers
 * @throws OnnxEngineError UNSUPPORTED_OPERATOR, UNSUPPORTED_MODEL
 */
export function featureGraph(forward: Model, o: FeatureOptions): FeatureGraph {
  const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
  const { tokens, logits } = endsOf(forward, builder)
  builder.clearOutputs()
  const targets = builder.input('targets', 'int64', tokens.dims)
  const logProbabilities = builder.logSoftmax(logits)
  const truth = crossEntropyOf(builder, logProbabilities, targets, IGNORED)
  const ignored = builder.op('Equal', [targets, builder.constant(scalar('int64', IGNORED))])
  const loss =
    o.labels === 'targets'
      ? truth.total
      : sampledLoss(builder, { tokens, targets, ignored, logProbabilities })
  const candidates = findLinearLayers(builder)
  const found = reachedGradients(
    builder,
    loss,
    candidates.map(layer => layer.y),
  )
  const layers = candidates.filter(layer => found.has(layer.y.name))
  const project = new Projector(builder, o, tokens)
  const features = layers.map(layer => project.feature(layer, found.get(layer.y.name)!))
  builder.output(builder.concat(features, 1), 'features')
  builder.output(truth.perSample, 'loss')
  builder.output(builder.reduceSum(builder.cast(builder.op('Not', [ignored]), 'int64'), [1]), 'tokens_scored')
  const dims = o.projection * o.projection
  return {
    model: builder.model({ labels: o.labels, projection: String(o.projection), seed: o.seed }),
    layers: layers.map(({ name, inWidth, outWidth }) => ({ name, inWidth, outWidth, dims })),
    dims: dims * layers.length,
  }
}

function endsOf(forward: Model, builder: GraphBuilder): { tokens: Value; logits: Value } {
  const [input, ...furtherInputs] = forward.graph.inputs
  const output = forward.graph.outputs.find(info => info.name === 'logits') ?? forward.graph.outputs[0]
  const fits =
    input?.name === 'tokens' &&
    input.dtype === 'int64' &&
    input.dims.length === 2 &&
    furtherInputs.length === 0
  const logits = output && builder.value(output.name)
  if (!fits || logits?.dims.length !== 3 || typeof logits.dims[2] !== 'number')
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `ends of graph "${forward.graph.name}"`,
      got: [...forward.graph.inputs, ...forward.graph.outputs]
        .map(i => `${i.name} ${formatDims(i.dims)}`)
        .join(', '),
      expected: 'one input tokens int64 [B,T] and an output logits [B,T,V]',
    })
  return { tokens: builder.value('tokens'), logits }
}

function sampledLoss(
  builder: GraphBuilder,
  o: { tokens: Value; targets: Value; ignored: Value; logProbabilities: Value },
): Value {
  const uniforms = builder.input('uniforms', o.logProbabilities.dtype, o.tokens.dims)
  const labels = sampledLabels(builder, builder.exp(o.logProbabilities), uniforms)
  const scored = builder.where(o.ignored, builder.constant(scalar('int64', IGNORED)), labels)
  return crossEntropyOf(builder, o.logProbabilities, scored, IGNORED).total
}

class Projector {
  private readonly inputs = new Map<string, Value>()

  constructor(
    private readonly builder: GraphBuilder,
    private readonly options: FeatureOptions,
    private readonly tokens: Value,
  ) {}

  /** [B, k·k] */
  feature(layer: LinearLayer, dy: Value): Value {
    const k = this.options.projection
    const left = this.projectedInput(layer)
    const right = this.project(dy, layer.name, 'out', layer.outWidth, layer)
    const product = this.builder.matMul(this.builder.transposeLast(left), right)
    return this.builder.reshape(product, [0, k * k])
  }

  private projectedInput(layer: LinearLayer): Value {
    const existing = this.inputs.get(layer.x.name)
    if (existing) return existing
    const projected = this.project(layer.x, layer.name, 'in', layer.inWidth, layer)
    this.inputs.set(layer.x.name, projected)
    return projected
  }

  private project(x: Value, name: string, side: 'in' | 'out', width: number, layer: LinearLayer): Value {
    const { projection: k, seed } = this.options
    const dtype = x.dtype === 'float64' ? 'float64' : 'float32'
    const matrix = this.builder.constant(projection({ seed, layer: name, side }, width, k, dtype))
    return this.bySample(this.builder.matMul(x, matrix), layer)
  }

  /** [B, positions, k] from whatever leading axes the layer works on, as long as the batch comes first in memory. */
  private bySample(projected: Value, layer: LinearLayer): Value {
    const { builder, tokens } = this
    const [batch] = tokens.dims
    const leading = projected.dims.slice(0, -1)
    if (leading.length === 2 && leading[0] === batch) return projected
    if (leading.length === 0 || divideDims(multiplyDims(leading), batch!) === undefined)
      throw new OnnxEngineError('UNSUPPORTED_MODEL', {
        what: `linear layer "${layer.name}"`,
        got: `activations ${formatDims(layer.x.dims)}`,
        expected: `activations that begin with the batch axis ${batch}`,
      })
    const size = builder.slice(builder.shape(tokens), 0, 1, 0)
    const rest = builder.constant(int64s([-1, this.options.projection]))
    return builder.reshape(projected, builder.concat([size, rest], 0))
  }
}
