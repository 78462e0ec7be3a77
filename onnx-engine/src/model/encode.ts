import { dtypes } from './dtypes'
import { stringBytesOf } from './strings'
import type { Attribute, Dim, Graph, Model, Node, Tensor, ValueInfo } from './types'
import { usedDomains } from './usedDomains'
import { WireWriter } from './wireWriter'

/** Where a tensor was put in another file. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
  /** SHA-1 of the other file in hexadecimal digits. */
  readonly checksum?: string
}

export interface EncodeOptions {
  /** Initializers of the main graph whose data another file holds, by name. */
  readonly external?: ReadonlyMap<string, ExternalPlace>
}

/**
 * Writes a model as ONNX protobuf, with all weights inside (`raw_data`) unless `external` places them elsewhere. Equal
 * models give equal bytes: fields ascend, attributes and metadata are sorted by name, initializers keep the order of
 * their map; fields that the engine does not know follow the others of their message.
 */
export function encodeModel(model: Model, options: EncodeOptions = {}): Uint8Array {
  const writer = new WireWriter()
    .integer(1, model.irVersion)
    .string(2, model.producer)
    .message(7, nested => writeGraph(nested, model.graph, options.external))
  for (const [domain, version] of importedDomains(model))
    writer.message(8, nested => nested.string(1, domain).integer(2, version))
  for (const key of Object.keys(model.metadata).sort())
    writer.message(14, nested => nested.string(1, key).string(2, model.metadata[key]!))
  return writer.fields(model.kept).finish()
}

function importedDomains({ graph, opset, domains = {} }: Model): [string, number][] {
  const others = [...new Set([...usedDomains(graph), ...Object.keys(domains)])].sort()
  return [['', opset], ...others.map((domain): [string, number] => [domain, domains[domain] ?? 1])]
}

function writeGraph(writer: WireWriter, graph: Graph, external?: EncodeOptions['external']): void {
  for (const node of graph.nodes) writer.message(1, nested => writeNode(nested, node))
  writer.string(2, graph.name)
  const sparse: Uint8Array[] = []
  for (const [name, tensor] of graph.initializers)
    if (tensor.opaque?.sparse) sparse.push(tensor.opaque.message)
    else writer.message(5, nested => writeTensor(nested, tensor, name, external?.get(name)))
  for (const input of graph.inputs) writer.message(11, nested => writeValueInfo(nested, input))
  for (const output of graph.outputs) writer.message(12, nested => writeValueInfo(nested, output))
  for (const message of sparse) writer.bytes(15, message)
  writer.fields(graph.kept)
}

function writeNode(writer: WireWriter, node: Node): void {
  for (const input of node.inputs) writer.string(1, input)
  for (const output of node.outputs) writer.string(2, output)
  writer.string(3, node.name).string(4, node.opType)
  for (const name of Object.keys(node.attributes).sort())
    writer.message(5, nested => writeAttribute(nested, name, node.attributes[name]!))
  if (node.domain) writer.string(7, node.domain)
  writer.fields(node.kept)
}

function writeAttribute(writer: WireWriter, name: string, attribute: Attribute): void {
  if (attribute.kind === 'raw') {
    writer.fields(attribute.value)
    return
  }
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
    case 'graph':
      writer.message(6, nested => writeGraph(nested, attribute.value)).integer(20, 5)
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
    case 'tensors':
      for (const value of attribute.value) writer.message(10, nested => writeTensor(nested, value, ''))
      writer.integer(20, 9)
      break
    case 'graphs':
      for (const value of attribute.value) writer.message(11, nested => writeGraph(nested, value))
      writer.integer(20, 10)
      break
  }
  writer.fields(attribute.kept)
}

function writeTensor(writer: WireWriter, tensor: Tensor, name: string, external?: ExternalPlace): void {
  if (tensor.opaque) {
    // The last name counts in a protobuf, so that a renamed tensor is one.
    writer.fields(tensor.opaque.message)
    if (name !== '') writer.string(8, name)
    return
  }
  for (const dim of tensor.dims) writer.integer(1, dim)
  writer.integer(2, dtypes[tensor.dtype].onnx)
  const { buffer, byteOffset, byteLength } = tensor.data
  if (tensor.dtype === 'string') for (const bytes of stringBytesOf(tensor)) writer.bytes(6, bytes)
  if (name !== '') writer.string(8, name)
  if (external) {
    const { location, offset, checksum } = external
    const entries = { location, offset: `${offset}`, length: `${byteLength}`, ...(checksum && { checksum }) }
    for (const [key, value] of Object.entries(entries))
      writer.message(13, nested => nested.string(1, key).string(2, value))
    writer.integer(14, 1)
  }
  // Typed arrays are little-endian on every platform that Node supports, which is ONNX's order.
  else if (tensor.dtype !== 'string') writer.bytes(9, new Uint8Array(buffer, byteOffset, byteLength))
  writer.fields(tensor.kept)
}

function writeValueInfo(writer: WireWriter, info: ValueInfo): void {
  if (info.opaque) {
    writer.fields(info.opaque)
    return
  }
  const { kept = {} } = info
  writer.string(1, info.name).message(2, type => {
    type.message(1, tensorType => {
      tensorType.integer(1, dtypes[info.dtype].onnx)
      tensorType.message(2, shape => {
        info.dims.forEach((dim, i) =>
          shape.message(1, nested => writeDim(nested, dim).fields(kept.dims?.[i])),
        )
        shape.fields(kept.shape)
      })
      tensorType.fields(kept.tensor)
    })
    type.fields(kept.type)
  })
  writer.fields(kept.info)
}

/** A name that begins with "?" stands for a size without a name, which ONNX writes as an empty message. */
function writeDim(writer: WireWriter, dim: Dim): WireWriter {
  if (typeof dim === 'number') writer.integer(1, dim)
  else if (!dim.startsWith('?')) writer.string(2, dim)
  return writer
}
