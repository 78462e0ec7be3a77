import type { Model, Tensor } from '../../model/types'
import { fromBfloat16, fromFloat16 } from '../../safetensors/float16'

const exact = { float16: fromFloat16, bfloat16: fromBfloat16 } as const

/**
 * Parameters that are stored in 16 bits and converted before each use, in float32: their gradients are of that type.
 * Models that compute in 16 bits are left as they are.
 */
export function withWideParameters(model: Model): Model {
  const { graph } = model
  const isConverted = (name: string): boolean =>
    graph.nodes.every(({ opType, inputs }) => opType === 'Cast' || !inputs.includes(name))
  const wide = [...graph.initializers].flatMap(([name, value]): [string, Tensor][] => {
    const read = value.opaque ? undefined : exact[value.dtype as keyof typeof exact]
    if (!read || !isConverted(name)) return []
    return [
      [
        name,
        { dtype: 'float32', dims: value.dims, data: Float32Array.from(value.data as Uint16Array, read) },
      ],
    ]
  })
  if (wide.length === 0) return model
  return { ...model, graph: { ...graph, initializers: new Map([...graph.initializers, ...wide]) } }
}
