import { OnnxEngineError } from '../errors'
import { dtypeOfOnnx } from './dtypes'
import { readTensor } from './decodeTensor'
import type { Attribute, Dim, DType, Graph, Model, Node, Tensor, ValueInfo } from './types'
import { eachField, WireReader } from './wireReader'

/**
 * Reads an ONNX protobuf. Fields that the engine has no use for (documentation, value information of intermediate
 * results, function bodies) are dropped.
 * @throws OnnxEngineError MALFORMED_MODEL with the byte, or UNSUPPORTED_MODEL (subgraphs, external data, float16, ...)
 */
export function decodeModel(bytes: Uint8Array): Model {
  const reader = new WireReader(bytes, 'model')
  let irVersion = 0
  let producer = ''
  let opset = 0
  let graph: Graph | undefined
  const metadata: Record<string, string> = {}
  eachField(reader, {
    1: field => (irVersion = reader.number(field)),
    2: field => (producer = reader.string(field)),
    7: field => (graph = readGraph(reader.message(field, 'graph'))),
    8: field => {
      const imported = readOpset(reader.message(field, 'opset import'))
      if (imported.domain === '' || imported.domain === 'ai.onnx') opset = imported.version
    },
    14: field => {
      const [key, value] = readPair(reader.message(field, 'metadata'))
      metadata[key] = value
    },
  })
  if (!graph) throw reader.malformed(bytes.length, 'no graph', 'a model with a graph')
  if (opset === 0)
    throw reader.malformed(bytes.length, 'no operator set', 'an opset import of the ONNX domain')
  return { irVersion, opset, producer, graph, metadata }
}

function readOpset(reader: WireReader): { domain: string; version: number } {
  const result = { domain: '', version: 0 }
  eachField(reader, {
    1: field => (result.domain = reader.string(field)),
    2: field => (result.version = reader.number(field)),
  })
  return result
}

function readPair(reader: WireReader): [string, string] {
  const pair: [string, string] = ['', '']
  eachField(reader, {
    1: field => (pair[0] = reader.string(field)),
    2: field => (pair[1] = reader.string(field)),
  })
  return pair
}

function readGraph(reader: WireReader): Graph {
  let name = ''
  const nodes: Node[] = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  const initializers = new Map<string, Tensor>()
  eachField(reader, {
    1: field => nodes.push(readNode(reader.message(field, 'node'))),
    2: field => (name = reader.string(field)),
    5: field => {
      const { name: key, tensor } = readTensor(reader.message(field, 'initializer'))
      initializers.set(key, tensor)
    },
    11: field => inputs.push(readValueInfo(reader.message(field, 'graph input'))),
    12: field => outputs.push(readValueInfo(reader.message(field, 'graph output'))),
    15: () => {
      throw new OnnxEngineError('UNSUPPORTED_MODEL', {
        what: `initializers of graph "${name}"`,
        got: 'a sparse tensor',
        expected: 'dense tensors',
      })
    },
  })
  // Before IR version 4 every initializer was listed as an input too.
  return { name, nodes, inputs: inputs.filter(input => !initializers.has(input.name)), outputs, initializers }
}

function readNode(reader: WireReader): Node {
  const node = { opType: '', name: '', domain: '', inputs: [] as string[], outputs: [] as string[] }
  const attributes: Record<string, Attribute> = {}
  eachField(reader, {
    1: field => node.inputs.push(reader.string(field)),
    2: field => node.outputs.push(reader.string(field)),
    3: field => (node.name = reader.string(field)),
    4: field => (node.opType = reader.string(field)),
    5: field => {
      const { name, attribute } = readAttribute(reader.message(field, `attribute of node "${node.name}"`))
      attributes[name] = attribute
    },
    7: field => (node.domain = reader.string(field)),
  })
  const { domain, ...rest } = node
  return domain === '' || domain === 'ai.onnx' ? { ...rest, attributes } : { ...rest, domain, attributes }
}

const attributeKinds: Record<number, Attribute['kind']> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  6: 'floats',
  7: 'ints',
  8: 'strings',
}

function readAttribute(reader: WireReader): { name: string; attribute: Attribute } {
  let name = ''
  let type = 0
  const single = { float: 0, int: 0, string: '', tensor: undefined as Tensor | undefined }
  const lists = { floats: [] as number[], ints: [] as number[], strings: [] as string[] }
  eachField(reader, {
    1: field => (name = reader.string(field)),
    2: field => (single.float = reader.float(field)),
    3: field => (single.int = reader.number(field)),
    4: field => (single.string = reader.string(field)),
    5: field => (single.tensor = readTensor(reader.message(field, 'tensor of an attribute')).tensor),
    7: field => lists.floats.push(...reader.repeated(field, r => r.rawFloat())),
    8: field => lists.ints.push(...reader.repeated(field, r => r.number())),
    9: field => lists.strings.push(reader.string(field)),
    20: field => (type = reader.number(field)),
  })
  const kind = attributeKinds[type]
  const value = kind && { ...single, ...lists }[kind]
  if (kind === undefined || value === undefined)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `attribute "${name}"`,
      got: `ONNX attribute type ${type}`,
      expected: `one of ${Object.values(attributeKinds).join(', ')}`,
    })
  return { name, attribute: { kind, value } as Attribute }
}

function readValueInfo(reader: WireReader): ValueInfo {
  let name = ''
  let type: WireReader | undefined
  eachField(reader, {
    1: field => (name = reader.string(field)),
    2: field => (type = reader.message(field, 'type of a value')),
  })
  let dtype: DType | undefined
  let dims: Dim[] | undefined
  let onnx = 0
  if (type) {
    const typeReader = type
    eachField(typeReader, {
      1: field => {
        const tensorType = typeReader.message(field, `tensor type of "${name}"`)
        eachField(tensorType, {
          1: inner => (dtype = dtypeOfOnnx((onnx = tensorType.number(inner)))),
          2: inner => (dims = readShape(tensorType.message(inner, `shape of "${name}"`), name)),
        })
      },
    })
  }
  if (!dtype || !dims)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `type of "${name}"`,
      got: dims ? `ONNX data type ${onnx}` : 'no shape',
      expected: 'a tensor of float32, float64, int64, int32, bool, int8 or uint8 with a rank',
    })
  return { name, dtype, dims }
}

function readShape(reader: WireReader, owner: string): Dim[] {
  const dims: Dim[] = []
  eachField(reader, {
    1: field => {
      const nested = reader.message(field, `dimension of "${owner}"`)
      let dim: Dim = `?${owner}.${dims.length}`
      eachField(nested, {
        1: inner => (dim = nested.number(inner)),
        2: inner => (dim = nested.string(inner) || dim),
      })
      dims.push(dim)
    },
  })
  return dims
}
