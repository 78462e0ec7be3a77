import { OnnxEngineError } from '../errors'
import { dtypeOfOnnx, dtypes, onnxTypeName } from './dtypes'
import type { DecodeModelOptions } from './externalData'
import { opaqueTensor } from './opaque'
import { packStrings } from './strings'
import { elementCount } from './tensor'
import type { DType, Tensor, TensorData } from './types'
import { eachField, keeping, WireReader } from './wireReader'

type TypedField = 'floats' | 'int32s' | 'int64s' | 'doubles' | 'uint64s'

/** The field in which each type is written when it is not raw (onnx.proto, TensorProto). */
const typedFields: Readonly<Record<Exclude<DType, 'string'>, TypedField>> = {
  float32: 'floats',
  float64: 'doubles',
  int64: 'int64s',
  uint32: 'uint64s',
  uint64: 'uint64s',
  int32: 'int32s',
  int16: 'int32s',
  int8: 'int32s',
  uint16: 'int32s',
  uint8: 'int32s',
  bool: 'int32s',
  float16: 'int32s',
  bfloat16: 'int32s',
}

type Typed = Record<TypedField, ArrayLike<number | bigint>[]>

/** Reads a TensorProto from `raw_data`, from its typed fields, or from the memory that stands for another file. */
export function readTensor(
  reader: WireReader,
  options: DecodeModelOptions,
): { name: string; tensor: Tensor } {
  let name = ''
  let onnx = 0
  let raw: Uint8Array | undefined
  let isExternal = false
  const dims: number[] = []
  const strings: Uint8Array[] = []
  const external = new Map<string, string>()
  const typed: Typed = { floats: [], int32s: [], int64s: [], doubles: [], uint64s: [] }
  const kept = eachField(reader, {
    1: field => dims.push(...reader.repeated(field, r => r.number())),
    2: field => (onnx = reader.number(field)),
    4: field => typed.floats.push(reader.floats(field)),
    5: field => typed.int32s.push(reader.repeated(field, r => r.number())),
    6: field => strings.push(reader.data(field)),
    7: field => typed.int64s.push(reader.repeated(field, r => r.int64())),
    8: field => (name = reader.string(field)),
    9: field => (raw = reader.data(field)),
    10: field => typed.doubles.push(reader.doubles(field)),
    11: field => typed.uint64s.push(reader.repeated(field, r => BigInt.asUintN(64, r.int64()))),
    13: field => external.set(...readEntry(reader.message(field, 'external data'))),
    14: field => (isExternal = reader.number(field) !== 0),
  })
  const dtype = dtypeOfOnnx(onnx)
  if (!dtype) {
    const message = new Uint8Array(reader.all)
    return { name, tensor: opaqueTensor(dims, { message, sparse: false }, unreadable(name, onnx)) }
  }
  const length = elementCount(dims)
  if (dims.some(dim => dim < 0)) throw mismatch(reader, name, `dims [${dims.join(',')}]`, 'no negative size')
  const expected = `${length} for [${dims.join(',')}]`
  const data = (): TensorData => {
    if (dtype === 'string') {
      if (strings.length === length) return packStrings(strings)
      throw mismatch(reader, name, `${strings.length} elements of ${dtype}`, expected)
    }
    if (isExternal) return externalData(name, dtype, length, external, options)
    const parts = typed[typedFields[dtype]]
    const got = raw ? raw.length / dtypes[dtype].bytes : parts.reduce((sum, part) => sum + part.length, 0)
    if (got !== length) throw mismatch(reader, name, `${got} elements of ${dtype}`, expected)
    const filled = dtypes[dtype].create(length)
    if (raw) new Uint8Array(filled.buffer).set(raw)
    else fill(filled, parts)
    return filled
  }
  return { name, tensor: { dtype, dims, data: data(), ...keeping(kept) } }
}

const unreadable = (name: string, onnx: number) => ({
  what: `tensor "${name}"`,
  got: onnxTypeName(onnx),
  expected: Object.keys(dtypes).join(', '),
})

/** Keeps a SparseTensorProto under the name of its values. */
export function readSparseTensor(reader: WireReader): { name: string; tensor: Tensor } {
  let name = ''
  const dims: number[] = []
  const message = new Uint8Array(reader.all)
  eachField(reader, {
    1: field => {
      const values = reader.message(field, 'values of a sparse tensor')
      eachField(values, { 8: inner => (name = values.string(inner)) })
    },
    3: field => dims.push(...reader.repeated(field, r => r.number())),
  })
  const fault = { what: `tensor "${name}"`, got: 'a sparse tensor', expected: 'a dense tensor' }
  return { name, tensor: opaqueTensor(dims, { message, sparse: true }, fault) }
}

function readEntry(reader: WireReader): [string, string] {
  const entry: [string, string] = ['', '']
  eachField(reader, {
    1: field => (entry[0] = reader.string(field)),
    2: field => (entry[1] = reader.string(field)),
  })
  return entry
}

function externalData(
  tensor: string,
  dtype: DType,
  length: number,
  entries: ReadonlyMap<string, string>,
  { external }: DecodeModelOptions,
): TensorData {
  if (!external)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `tensor "${tensor}"`,
      got: 'data in another file',
      expected: 'data inside the model file, or a model that is read from its path by readModelFile',
    })
  const integer = (key: string): number | undefined => {
    const text = entries.get(key)
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
    throw fault(tensor, `${key} ${JSON.stringify(text)}`, 'a whole number')
  }
  const { bytes: width, view } = dtypes[dtype]
  const location = entries.get('location')
  if (!location) throw fault(tensor, 'no location', 'the name of a file')
  const bytes = length * width
  const stated = integer('length')
  if (stated !== undefined && stated !== bytes) throw fault(tensor, `length ${stated}`, `${bytes} bytes`)
  const memory = external({
    tensor,
    location,
    offset: integer('offset') ?? 0,
    length: stated,
    checksum: entries.get('checksum'),
    bytes,
  })
  return view(memory.buffer, memory.byteOffset, length)
}

const fault = (tensor: string, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('UNSUPPORTED_MODEL', { what: `external data of tensor "${tensor}"`, got, expected })

const mismatch = (reader: WireReader, name: string, got: string, expected: string): OnnxEngineError =>
  reader.malformed(0, `${got} in "${name}"`, expected)

function fill(data: TensorData, parts: readonly ArrayLike<number | bigint>[]): void {
  const big = data instanceof BigInt64Array || data instanceof BigUint64Array
  let position = 0
  for (const part of parts)
    for (let i = 0; i < part.length; i++)
      if (big) data[position++] = BigInt(part[i]!)
      else data[position++] = Number(part[i])
}
