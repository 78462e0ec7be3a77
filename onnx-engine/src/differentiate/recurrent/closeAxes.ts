import type { Model, Tensor } from '../../model/types'
import { isRecurrent } from './unroll'

/**
 * A recurrent model with the open axes of its inputs, but for the samples, fixed to the sizes of what it will be fed, so
 * that it can be unrolled; other models as they are.
 * @param inputs by name, '' for the only one
 * @param otherwise the size of axes of inputs that are not given
 */
export function closeAxes(model: Model, inputs: ReadonlyMap<string, Tensor>, otherwise?: number): Model {
  const { graph } = model
  if (!graph.nodes.some(isRecurrent)) return model
  const closed = graph.inputs.map(info => {
    const given = (inputs.get(info.name) ?? inputs.get(''))?.dims
    const dims = info.dims.map((dim, i) =>
      i === 0 || typeof dim === 'number' ? dim : (given?.[i] ?? otherwise ?? dim),
    )
    return { ...info, dims }
  })
  return { ...model, graph: { ...graph, inputs: closed } }
}
