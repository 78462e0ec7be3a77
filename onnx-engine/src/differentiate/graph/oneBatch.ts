import type { Dim, Model } from '../../model/types'

/**
 * Gives the first axes of all inputs one name where an exporter gave each its own (`x_dynamic_axes_1`,
 * `mask_dynamic_axes_1`): they are all the samples.
 */
export function withOneBatch(model: Model): Model {
  const { inputs } = model.graph
  const [batch] = inputs[0]?.dims ?? []
  const names = new Set(inputs.map(info => info.dims[0]))
  if (names.size < 2 || typeof batch !== 'string' || [...names].some(name => typeof name !== 'string'))
    return model
  const renamed = (dim: Dim): Dim => (names.has(dim) ? batch : dim)
  return {
    ...model,
    graph: { ...model.graph, inputs: inputs.map(info => ({ ...info, dims: info.dims.map(renamed) })) },
  }
}
