import { dtypes } from './dtypes'
import type { Attribute, Dim, Graph, Model, Node, Tensor, ValueInfo } from './types'
import { WireWriter } from './wireWriter'

/**
 * Writes a model as ONNX protobuf with all weights inside (`raw_data`). Equal models give equal bytes: fields ascend,
 * attributes and metadata are sorted by name, initializers keep the order of their map.
 */
export function encodeModel(model: Model): Uint8Array {
  const writer = new WireWriter()
    .integer(1, model.irVersion)
    .string(2, model.producer)
    .message(7, nested => writeGraph(nested, model.graph))
  for (const [domain, version] of importedDomains(model))
    writer.message(8, nested => nested.string(1, domain).integer(2, version))
  for (const key of Object.keys(model.metadata).sort())
    writer.message(14, nested => nested.string(1, key).string(2, model.metadata[key]!))
  return writer.finish()
}

function importedDomains(model: Model): [string, number][] {
  const others = new Set(model.graph.nodes.map(node => node.domain ?? '').filter(domain => domain !== ''))
  return [['', model.opset], ...[...others].sort().map((domain): [string, number] => [domain, 1])]
}

function writeGraph(writer: WireWriter, graph: Graph): void {
  for (const node of graph.nodes) writer.message(1, nested => writeNode(nested, node))
  writer.string(2, graph.name)
  for (const [name, tensor] of graph.initializers)
    writer.message(5, nested => writeTensor(nested, tensor, name))
  for (const input of graph.inputs) writer.message(11, nested => writeValueInfo(nested, input))
  for (const output of graph.outputs) writer.message(12, nested => writeValueInfo(nested, output))
}

function writeNode(writer: WireWriter, node: Node): void {
  for (const input of node.inputs) writer.string(1, input)
  for (const output of node.outputs) writer.string(2, output)
  writer.string(3, node.name).string(4, node.opType)
  for (const name of Object.keys(node.attributes).sort())
    writer.message(5, nested => writeAttribute(nested, name, node.attributes[name]!))
  if (node.domain) writer.string(7, node.domain)
}

function writeAttribute(writer: WireWriter, name: string, attribute: Attribute): void {
  writer.string(1, name)
  switch (attribute.kind) {
    case 'float':
      writer.float(2, attribute.value).integer(20, 1)
      break
    case 'int':
      writer.integer(3, attribute.value).integer(20, 2)
      break
    case 'string':
      writer.string(4, attribute.value).integer(20, 3)
      break
    case 'tensor':
      writer.message(5, nested => writeTensor(nested, attribute.value, '')).integer(20, 4)
      break
    case 'floats':
      for (const value of attribute.value) writer.float(7, value)
      writer.integer(20, 6)
      break
    case 'ints':
      for (const value of attribute.value) writer.integer(8, value)
      writer.integer(20, 7)
      break
    case 'strings':
      for (const value of attribute.value) writer.string(9, value)
      writer.integer(20, 8)
      break
  }
}

function writeTensor(writer: WireWriter, tensor: Tensor, name: string): void {
  for (const dim of tensor.dims) writer.integer(1, dim)
  writer.integer(2, dtypes[tensor.dtype].onnx)
  if (name !== '') writer.string(8, name)
  // Typed arrays are little-endian on every platform that Node supports, which is ONNX's order.
  writer.bytes(9, new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength))
}

function writeValueInfo(writer: WireWriter, info: ValueInfo): void {
  writer.string(1, info.name).message(2, type =>
    type.message(1, tensorType => {
      tensorType.integer(1, dtypes[info.dtype].onnx)
      tensorType.message(2, shape => {
        for (const dim of info.dims) shape.message(1, nested => writeDim(nested, dim))
      })
    }),
  )
}

/** A name that begins with "?" stands for a size without a name, which ONNX writes as an empty message. */
function writeDim(writer: WireWriter, dim: Dim): void {
  if (typeof dim === 'number') writer.integer(1, dim)
  else if (!dim.startsWith('?')) writer.string(2, dim)
}
