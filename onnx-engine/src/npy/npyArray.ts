/** The types of NumPy that are read and written. */
export type NpyDType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'

export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array

/** A dense array in row-major order. `float16` is held as its values in a Float32Array, `bool` as bytes 0 and 1. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly dtype: NpyDType
  readonly data: NpyData
}

type NpyArrayType = {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (length: number): NpyData
  new (buffer: ArrayBufferLike, offset?: number, length?: number): NpyData
}

export interface NpyTypeFacts {
  readonly dtype: NpyDType
  /** NumPy's kind and width, as in the header. */
  readonly code: string
  /** Bytes of an element in the file. */
  readonly bytes: number
  /** How an element is held in memory. */
  readonly Data: NpyArrayType
}

const facts = (dtype: NpyDType, code: string, Data: unknown, bytes?: number): NpyTypeFacts => ({
  dtype,
  code,
  Data: Data as NpyArrayType,
  bytes: bytes ?? (Data as NpyArrayType).BYTES_PER_ELEMENT,
})

export const npyTypes: readonly NpyTypeFacts[] = [
  facts('float16', 'f2', Float32Array, 2),
  facts('float32', 'f4', Float32Array),
  facts('float64', 'f8', Float64Array),
  facts('int8', 'i1', Int8Array),
  facts('int16', 'i2', Int16Array),
  facts('int32', 'i4', Int32Array),
  facts('int64', 'i8', BigInt64Array),
  facts('uint8', 'u1', Uint8Array),
  facts('uint16', 'u2', Uint16Array),
  facts('uint32', 'u4', Uint32Array),
  facts('uint64', 'u8', BigUint64Array),
  facts('bool', 'b1', Uint8Array),
]

export const npyType = (dtype: NpyDType): NpyTypeFacts | undefined =>
  npyTypes.find(type => type.dtype === dtype)
