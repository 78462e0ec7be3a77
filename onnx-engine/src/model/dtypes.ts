import { OnnxEngineError } from '../errors'
import type { DType, TensorData } from './types'

interface DTypeFacts {
  /** The number of this type in ONNX's TensorProto.DataType. */
  readonly onnx: number
  readonly bytes: number
  create(length: number): TensorData
  /** A view of bytes that begin at a multiple of `bytes`. */
  view(buffer: ArrayBufferLike, offset: number, length: number): TensorData
}

type ArrayType<A extends TensorData> = {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): A
  new (buffer: ArrayBufferLike, offset: number, length: number): A
}

const facts = <A extends TensorData>(onnx: number, Type: ArrayType<A>): DTypeFacts => ({
  onnx,
  bytes: Type.BYTES_PER_ELEMENT,
  create: length => new Type(length),
  view: (buffer, offset, length) => new Type(buffer, offset, length),
})

function noStrings(): never {
  throw new OnnxEngineError('INVALID_ARGUMENT', {
    what: 'data type of a tensor',
    got: 'string',
    expected: 'a type of numbers; texts are made by stringTensor and read by stringsOf',
  })
}

export const dtypes: Readonly<Record<DType, DTypeFacts>> = {
  float32: facts(1, Float32Array),
  uint8: facts(2, Uint8Array),
  int8: facts(3, Int8Array),
  uint16: facts(4, Uint16Array),
  int16: facts(5, Int16Array),
  int32: facts(6, Int32Array),
  int64: facts(7, BigInt64Array),
  string: { onnx: 8, bytes: 1, create: noStrings, view: noStrings },
  bool: facts(9, Uint8Array),
  float16: facts(10, Uint16Array),
  float64: facts(11, Float64Array),
  uint32: facts(12, Uint32Array),
  uint64: facts(13, BigUint64Array),
  bfloat16: facts(16, Uint16Array),
}

const byOnnx = new Map((Object.keys(dtypes) as DType[]).map(dtype => [dtypes[dtype].onnx, dtype]))

/** The type with this ONNX number, or undefined where the engine does not handle it (complex, float8, int4, ...). */
export const dtypeOfOnnx = (onnx: number): DType | undefined => byOnnx.get(onnx)

/** What we call the ONNX types that we keep without reading them. */
const UNREAD: Readonly<Record<number, string>> = {
  0: 'undefined',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
}

/** A data type for a message to the user. */
export const onnxTypeName = (onnx: number): string =>
  byOnnx.get(onnx) ?? (UNREAD[onnx] ? `ONNX data type ${onnx} (${UNREAD[onnx]})` : `ONNX data type ${onnx}`)

/** The types of float arithmetic that the engine computes with itself. */
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'
