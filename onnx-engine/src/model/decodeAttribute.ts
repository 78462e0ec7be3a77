import { OnnxEngineError } from '../errors'
import { readTensor } from './decodeTensor'
import type { DecodeModelOptions } from './externalData'
import type { Attribute, Graph, Tensor } from './types'
import { eachField, keeping, type Field, type WireReader } from './wireReader'

const kinds: Readonly<Record<number, Exclude<Attribute['kind'], 'raw'>>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
}

/** onnx.proto, AttributeProto: `tp`, `type_protos`, `ref_attr_name`, `sparse_tensor`, `sparse_tensors`. */
const OTHER_VALUES = [14, 15, 21, 22, 23]

/** Reads an AttributeProto; one whose value has no other kind is kept whole as `raw`. */
export function readAttribute(
  reader: WireReader,
  options: DecodeModelOptions,
  readGraph: (reader: WireReader) => Graph,
): { name: string; attribute: Attribute } {
  let name = ''
  let type = 0
  let raw = false
  const single = {
    float: 0,
    int: 0,
    string: '',
    tensor: undefined as Tensor | undefined,
    graph: undefined as Graph | undefined,
  }
  const lists = {
    floats: [] as number[],
    ints: [] as number[],
    strings: [] as string[],
    tensors: [] as Tensor[],
    graphs: [] as Graph[],
  }
  const integer = (value: bigint): number => {
    raw ||= !Number.isSafeInteger(Number(value))
    return Number(value)
  }
  /** ONNX calls these bytes UTF-8, and files hold others. */
  const text = (field: Field): string => {
    const bytes = reader.data(field)
    const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    raw ||= decoded.includes('\uFFFD') && Buffer.compare(Buffer.from(decoded), bytes) !== 0
    return decoded
  }
  const other = (field: Field): void => {
    reader.skip(field)
    raw = true
  }
  const kept = eachField(reader, {
    1: field => (name = reader.string(field)),
    2: field => (single.float = reader.float(field)),
    3: field => (single.int = integer(reader.int64(field))),
    4: field => (single.string = text(field)),
    5: field =>
      (single.tensor = readTensor(reader.message(field, `tensor of attribute "${name}"`), options).tensor),
    6: field => (single.graph = readGraph(reader.message(field, `graph of attribute "${name}"`))),
    7: field => lists.floats.push(...Array.from(reader.floats(field))),
    8: field => lists.ints.push(...reader.repeated(field, r => integer(r.int64()))),
    9: field => lists.strings.push(text(field)),
    10: field =>
      lists.tensors.push(readTensor(reader.message(field, `tensor of attribute "${name}"`), options).tensor),
    11: field => lists.graphs.push(readGraph(reader.message(field, `graph of attribute "${name}"`))),
    20: field => (type = reader.number(field)),
    ...Object.fromEntries(OTHER_VALUES.map(number => [number, other])),
  })
  const kind = kinds[type]
  if (raw || kind === undefined)
    return { name, attribute: { kind: 'raw', value: new Uint8Array(reader.all) } }
  const value = { ...single, ...lists }[kind]
  if (value === undefined)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `attribute "${name}"`,
      got: 'no value',
      expected: `a ${kind}`,
    })
  return { name, attribute: { kind, value, ...keeping(kept) } as Attribute }
}
