import { OnnxEngineError } from '../errors'
import { readGraph } from './decodeGraph'
import type { DecodeModelOptions } from './externalData'
import type { Graph, Model } from './types'
import { usedDomains } from './usedDomains'
import { eachField, keeping, WireReader } from './wireReader'

/** Softmax, Squeeze and ReduceSum have their present form from 13 on; nobody has checked what comes after 23. */
const OPSETS = { first: 13, last: 23 }
const IR_VERSIONS = { first: 3, last: 13 }

/**
 * Reads an ONNX protobuf of operator set 13 to 23. What the engine has no use for is kept as bytes in `kept` of its
 * message and written back by encodeModel: documentation, functions, quantization annotations, fields of newer
 * versions. Tensors and values of types that the engine cannot read throw when they are used, not here. An initializer
 * that is listed as an input too becomes a constant.
 * @throws OnnxEngineError MALFORMED_MODEL with the byte, or UNSUPPORTED_MODEL (another operator set, external data
 *   without `external`)
 */
export function decodeModel(bytes: Uint8Array, options: DecodeModelOptions = {}): Model {
  const reader = new WireReader(bytes, 'model')
  let irVersion = 0
  let producer = ''
  let opset = 0
  let graph: Graph | undefined
  const imported = new Map<string, number>()
  const metadata: Record<string, string> = {}
  const kept = eachField(reader, {
    1: field => (irVersion = reader.number(field)),
    2: field => (producer = reader.string(field)),
    7: field => (graph = readGraph(reader.message(field, 'graph'), options)),
    8: field => {
      const { domain, version } = readOpset(reader.message(field, 'opset import'))
      if (domain === '' || domain === 'ai.onnx') opset = version
      else imported.set(domain, version)
    },
    14: field => {
      const [key, value] = readPair(reader.message(field, 'metadata'))
      metadata[key] = value
    },
  })
  if (!graph) throw reader.malformed(bytes.length, 'no graph', 'a model with a graph')
  if (opset === 0)
    throw reader.malformed(bytes.length, 'no operator set', 'an opset import of the ONNX domain')
  within('operator set of the model', opset, OPSETS)
  within('IR version of the model', irVersion, IR_VERSIONS)
  const domains = statedDomains(imported, graph)
  return { irVersion, opset, producer, graph, metadata, ...(domains && { domains }), ...keeping(kept) }
}

function within(what: string, got: number, { first, last }: typeof OPSETS): void {
  if (got < first || got > last)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', { what, got: `${got}`, expected: `${first} to ${last}` })
}

/** What encodeModel would not import by itself. */
function statedDomains(imported: ReadonlyMap<string, number>, graph: Graph): Model['domains'] {
  const used = usedDomains(graph)
  const stated = [...imported].filter(([domain, version]) => version !== 1 || !used.includes(domain))
  return stated.length > 0 ? Object.fromEntries(stated) : undefined
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
