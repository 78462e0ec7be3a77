import { isFloat } from '../../model/dtypes'
import type { Graph, Model, Tensor } from '../../model/types'
import { withWideParameters } from './halves'
import { areSiblings, placeOf } from './siblings'
import { tieCopies } from './tied'

/**
 * Undoes what PyTorch's exporter does to parameters of equal values: it keeps one and makes the others its Identity
 * under names of their own. Each gets its own initializer again, so that its gradient is its own, where the values are
 * all alike (all ones, all zeros) or the names tell that they are copies (the layers of an nn.TransformerEncoder before
 * it is trained). Others are tied in truth and stay tied; those that it took apart are tied again (`tieCopies`).
 * Parameters of 16 bits are widened.
 */
export const separateParameters = (model: Model): Model => tieCopies(separated(withWideParameters(model)))

function separated(model: Model): Model {
  const { graph } = model
  const found = new Map<string, Tensor>()
  const nodes = graph.nodes.filter(({ opType, domain, inputs, outputs }) => {
    const value = graph.initializers.get(inputs[0] ?? '')
    const name = outputs[0]!
    const isCopy = opType === 'Identity' && domain === undefined && value !== undefined
    if (!isCopy || !(isUniform(value) || areClones(graph, inputs[0]!, name))) return true
    found.set(name, value)
    return false
  })
  const exposed = graph.outputs.some(output => found.has(output.name))
  if (found.size === 0 || exposed) return model
  return { ...model, graph: { ...graph, nodes, initializers: new Map([...graph.initializers, ...found]) } }
}

const areClones = (graph: Graph, original: string, copy: string): boolean =>
  isFloat(graph.initializers.get(original)!.dtype) &&
  areSiblings(placeOf(graph, original), placeOf(graph, copy))

function isUniform({ opaque, dtype, dims, data }: Tensor): boolean {
  if (opaque || !isFloat(dtype) || dims.length === 0) return false
  return (data as Float32Array).every(value => value === data[0])
}
