import { readAttribute } from './decodeAttribute'
import { readSparseTensor, readTensor } from './decodeTensor'
import { readValueInfo } from './decodeValueInfo'
import type { DecodeModelOptions } from './externalData'
import type { Attribute, Graph, Node, Tensor, ValueInfo } from './types'
import { eachField, keeping, type WireReader } from './wireReader'

/** Reads a GraphProto, subgraphs of its nodes included. */
export function readGraph(reader: WireReader, options: DecodeModelOptions): Graph {
  let name = ''
  const nodes: Node[] = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  const initializers = new Map<string, Tensor>()
  const add = ({ name: key, tensor }: { name: string; tensor: Tensor }) => initializers.set(key, tensor)
  const kept = eachField(reader, {
    1: field => nodes.push(readNode(reader.message(field, 'node'), options)),
    2: field => (name = reader.string(field)),
    5: field => add(readTensor(reader.message(field, 'initializer'), options)),
    11: field => inputs.push(readValueInfo(reader.message(field, 'graph input'))),
    12: field => outputs.push(readValueInfo(reader.message(field, 'graph output'))),
    15: field => add(readSparseTensor(reader.message(field, 'sparse initializer'))),
  })
  return {
    name,
    nodes,
    // Before IR version 4 every initializer was listed as an input too.
    inputs: inputs.filter(input => !initializers.has(input.name)),
    outputs,
    initializers,
    ...keeping(kept),
  }
}

function readNode(reader: WireReader, options: DecodeModelOptions): Node {
  const node = { opType: '', name: '', domain: '', inputs: [] as string[], outputs: [] as string[] }
  const attributes: Record<string, Attribute> = {}
  const kept = eachField(reader, {
    1: field => node.inputs.push(reader.string(field)),
    2: field => node.outputs.push(reader.string(field)),
    3: field => (node.name = reader.string(field)),
    4: field => (node.opType = reader.string(field)),
    5: field => {
      const nested = reader.message(field, `attribute of node "${node.name}"`)
      const { name, attribute } = readAttribute(nested, options, graph => readGraph(graph, options))
      attributes[name] = attribute
    },
    7: field => (node.domain = reader.string(field)),
  })
  const { domain, ...rest } = node
  const standard = domain === '' || domain === 'ai.onnx'
  return { ...rest, ...(!standard && { domain }), attributes, ...keeping(kept) }
}
