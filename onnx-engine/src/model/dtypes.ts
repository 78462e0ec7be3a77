import type { DType, TensorData } from './types'

interface DTypeFacts {
  /** The number of this type in ONNX's TensorProto.DataType. */
  readonly onnx: number
  readonly bytes: number
  create(length: number): TensorData
}

export const dtypes: Readonly<Record<DType, DTypeFacts>> = {
  float32: { onnx: 1, bytes: 4, create: length => new Float32Array(length) },
  uint8: { onnx: 2, bytes: 1, create: length => new Uint8Array(length) },
  int8: { onnx: 3, bytes: 1, create: length => new Int8Array(length) },
  int32: { onnx: 6, bytes: 4, create: length => new Int32Array(length) },
  int64: { onnx: 7, bytes: 8, create: length => new BigInt64Array(length) },
  bool: { onnx: 9, bytes: 1, create: length => new Uint8Array(length) },
  float64: { onnx: 11, bytes: 8, create: length => new Float64Array(length) },
}

const byOnnx = new Map((Object.keys(dtypes) as DType[]).map(dtype => [dtypes[dtype].onnx, dtype]))

/** The type with this ONNX number, or undefined where the engine does not handle it (float16, strings, ...). */
export const dtypeOfOnnx = (onnx: number): DType | undefined => byOnnx.get(onnx)

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'
