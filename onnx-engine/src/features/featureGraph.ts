import { batchPlaces } from '../differentiate/graph/batchPlace'
import { capturedLayers } from '../differentiate/graph/captures'
import { classObjective } from '../differentiate/graph/classes'
import { Projector } from '../differentiate/graph/features'
import { findLayers } from '../differentiate/graph/layers'
import type { Given } from '../differentiate/graph/objective'
import { ancestorsOf, findParameters } from '../differentiate/graph/parameters'
import { OnnxEngineError } from '../errors'
import { GraphBuilder } from '../graph/builder'
import { formatDims } from '../graph/dims'
import type { Value } from '../graph/value'
import type { Model } from '../model/types'

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
  const given: Given = {
    targets: () => builder.input('targets', 'int64', tokens.dims),
    uniforms: () => builder.input('uniforms', logits.dtype, tokens.dims),
    row: () => builder.input('row', 'int64', [1]),
  }
  const direction = o.labels === 'targets' ? 'loss' : 'sampled'
  const objective = classObjective(
    builder,
    logits,
    { classAxis: 'last', ignoreIndex: IGNORED, direction },
    given,
  )
  const reached = ancestorsOf(builder, logits.name)
  const [dim] = tokens.dims
  const batch = { dim: dim!, of: tokens, places: batchPlaces(builder, [tokens.name], dim!) }
  const parameters = new Set(findParameters(builder, reached))
  const start = { of: objective.of, cotangent: objective.cotangent! }
  const layers = capturedLayers(builder, start, findLayers(builder, parameters))
  const project = new Projector(builder, { k: o.projection, seed: o.seed, narrow: 'project' }, batch)
  const features = layers.map(
    ({ place, like, x, dy }) => project.feature({ name: place.name, like, x, dy, bias: false }).value,
  )
  builder.output(builder.concat(features, 1), 'features')
  builder.output(objective.loss, 'loss')
  builder.output(objective.scored!, 'tokens_scored')
  const dims = o.projection * o.projection
  return {
    model: builder.model({ labels: o.labels, projection: String(o.projection), seed: o.seed }),
    layers: layers.map(({ place: { name, inWidth, outWidth, bias } }) => ({
      name,
      inWidth: inWidth - (bias ? 1 : 0),
      outWidth,
      dims,
    })),
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
