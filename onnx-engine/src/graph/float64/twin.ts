import { dtypes } from '../../model/dtypes'
import { castTensor, tensor } from '../../model/tensor'
import type { Attribute, Attributes, DType, Model, Node, Tensor } from '../../model/types'
import { GraphBuilder } from '../builder'
import type { Decomposition } from '../decompositions/decomposition'
import { decompositionsWith } from '../decompositions/table'
import { operatorOf } from '../nodeAttributes'
import { constantTensor } from '../shapes/generators'
import type { Value } from '../value'
import { erf } from './erf'

/**
 * Operators that ONNX Runtime has in float32 only, or computes in float32 inside, in operators that it has in float64.
 */
const decompositions: Readonly<Record<string, Decomposition>> = {
  ...decompositionsWith(erf),
  Erf: (builder, _node, [x]) => [erf(builder, x!)],
}

const widen = (dtype: DType): DType => (dtype === 'float32' ? 'float64' : dtype)
const widenTensor = (value: Tensor): Tensor => castTensor(value, widen(value.dtype))

/**
 * The same computation in float64, under the same names: the measure for the float32 one, and what gradients are checked
 * on. Run it with `graphOptimizationLevel: 'basic'`: higher levels fuse into kernels that exist in float32 only.
 */
export function toFloat64(model: Model): Model {
  const { graph } = model
  const reserved = graph.nodes.flatMap(node => [node.name, ...node.outputs])
  const builder = new GraphBuilder(graph.name, { float: 'float64', opset: model.opset, reserved })
  for (const info of graph.inputs) builder.input(info.name, widen(info.dtype), info.dims)
  for (const [name, value] of graph.initializers) builder.initializer(name, widenTensor(value))
  graph.nodes.forEach((node, i) => appendTwin(builder, node, i))
  for (const info of graph.outputs) builder.output(builder.value(info.name))
  return builder.model(model.metadata)
}

function appendTwin(builder: GraphBuilder, node: Node, index: number): void {
  const decompose = decompositions[operatorOf(node)]
  if (!decompose) {
    const name = node.name === '' ? `${node.opType}.${index}` : node.name
    builder.append({ ...node, name, attributes: widenAttributes(node) })
    return
  }
  const inputs = node.inputs.map(name => (name === '' ? undefined : builder.value(name)) as Value)
  const outputs = decompose(builder, node, inputs)
  node.outputs.forEach((name, i) => {
    if (name !== '') builder.alias(outputs[i]!, name)
  })
}

/** Attributes that name the element type of a result. */
const typed: Readonly<Record<string, string>> = { Cast: 'to', EyeLike: 'dtype' }

function widenAttributes(node: Node): Attributes {
  const value = node.opType === 'Constant' ? constantTensor(node) : undefined
  if (value) return { value: { kind: 'tensor', value: widenTensor(value) } }
  // Without a value it makes float32 zeros.
  if (node.opType === 'ConstantOfShape' && !node.attributes['value'])
    return { value: { kind: 'tensor', value: tensor('float64', [1], [0]) } }
  const widened = (name: string, attribute: Attribute): Attribute => {
    if (attribute.kind === 'tensor') return { kind: 'tensor', value: widenTensor(attribute.value) }
    const toFloat32 = name === typed[node.opType] && attribute.value === dtypes.float32.onnx
    return toFloat32 ? { kind: 'int', value: dtypes.float64.onnx } : attribute
  }
  return Object.fromEntries(Object.entries(node.attributes).map(([name, a]) => [name, widened(name, a)]))
}
