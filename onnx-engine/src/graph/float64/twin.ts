import { dtypes } from '../../model/dtypes'
import { castTensor, tensor } from '../../model/tensor'
import type { Attribute, DType, Model, Node, Tensor } from '../../model/types'
import { GraphBuilder } from '../builder'
import type { Value } from '../value'
import { decompositions } from './decompositions'

const widen = (dtype: DType): DType => (dtype === 'float32' ? 'float64' : dtype)
const widenTensor = (value: Tensor): Tensor => castTensor(value, widen(value.dtype))

/**
 * The same computation in float64, under the same names: the measure for the float32 one, and what gradients are checked
 * on. Run it with `graphOptimizationLevel: 'basic'`: higher levels fuse into kernels that exist in float32 only.
 */
export function toFloat64(model: Model): Model {
  const { graph } = model
  const reserved = graph.nodes.flatMap(node => node.outputs)
  const builder = new GraphBuilder(graph.name, { float: 'float64', opset: model.opset, reserved })
  for (const info of graph.inputs) builder.input(info.name, widen(info.dtype), info.dims)
  for (const [name, value] of graph.initializers) builder.initializer(name, widenTensor(value))
  for (const node of graph.nodes) appendTwin(builder, node)
  for (const info of graph.outputs) builder.output(builder.value(info.name))
  return builder.model(model.metadata)
}

function appendTwin(builder: GraphBuilder, node: Node): void {
  const decompose = node.domain ? undefined : decompositions[node.opType]
  if (!decompose) {
    builder.append({ ...node, attributes: widenAttributes(node) })
    return
  }
  const inputs = node.inputs.map(name => (name === '' ? undefined : builder.value(name)) as Value)
  const outputs = decompose(builder, node, inputs)
  node.outputs.forEach((name, i) => {
    if (name !== '') builder.alias(outputs[i]!, name)
  })
}

function widenAttributes(node: Node): Node['attributes'] {
  const widened = (name: string, attribute: Attribute): Attribute => {
    if (attribute.kind === 'tensor') return { kind: 'tensor', value: widenTensor(attribute.value) }
    const toFloat32 = node.opType === 'Cast' && name === 'to' && attribute.value === dtypes.float32.onnx
    return toFloat32 ? { kind: 'int', value: dtypes.float64.onnx } : attribute
  }
  // Without a value it makes float32 zeros.
  if (node.opType === 'ConstantOfShape' && !node.attributes['value'])
    return { value: { kind: 'tensor', value: tensor('float64', [1], [0]) } }
  return Object.fromEntries(Object.entries(node.attributes).map(([name, a]) => [name, widened(name, a)]))
}
