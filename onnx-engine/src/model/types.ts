export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'
  | 'string'

export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

/**
 * A dense array in row-major order. `bool` is held as bytes 0 and 1, `float16` and `bfloat16` as their bits (`numbersOf`
 * reads them), `string` packed into bytes (`stringsOf` reads them): `data.length` is the number of elements for all
 * types but the last.
 */
export interface Tensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly data: TensorData
  /** Fields of the file that the engine has no use for (documentation, metadata), written back as they came. */
  readonly kept?: Uint8Array
  /** A tensor that the engine cannot read, as it came; `dtype` and `data` throw UNSUPPORTED_MODEL. */
  readonly opaque?: OpaqueTensor
}

export interface OpaqueTensor {
  readonly message: Uint8Array
  readonly sparse: boolean
}

/** A known size, or the name of a size that is known when the graph runs. */
export type Dim = number | string

export interface ValueInfo {
  readonly name: string
  readonly dtype: DType
  readonly dims: readonly Dim[]
  readonly kept?: KeptValueInfo
  /** A value that is no tensor of known type and rank, as it came; `dtype` and `dims` throw UNSUPPORTED_MODEL. */
  readonly opaque?: Uint8Array
}

/** Fields that the engine has no use for, by the message in which they stood. */
export interface KeptValueInfo {
  readonly info?: Uint8Array
  readonly type?: Uint8Array
  readonly tensor?: Uint8Array
  readonly shape?: Uint8Array
  readonly dims?: readonly (Uint8Array | undefined)[]
}

export type Attribute = (
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  /** The whole AttributeProto where none of the others holds it: types, sparse tensors, integers beyond 2^53. */
  | { readonly kind: 'raw'; readonly value: Uint8Array }
) & { readonly kept?: Uint8Array }

export type Attributes = Readonly<Record<string, Attribute>>

/** An empty name in `inputs` or `outputs` is an optional one that is left out. */
export interface Node {
  readonly opType: string
  readonly domain?: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
  readonly kept?: Uint8Array
}

/** Nodes are in topological order. Initializers are the constants, not overridable inputs. */
export interface Graph {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly initializers: ReadonlyMap<string, Tensor>
  /**
   * Fields that the engine has no use for: documentation, types of intermediate values, quantization annotations.
   * Leave them out of a graph whose values get other types.
   */
  readonly kept?: Uint8Array
}

export interface Model {
  readonly irVersion: number
  readonly opset: number
  readonly producer: string
  readonly graph: Graph
  readonly metadata: Readonly<Record<string, string>>
  /** Operator sets of other domains; one that nodes use and that is not here is imported as version 1. */
  readonly domains?: Readonly<Record<string, number>>
  /** Fields that the engine has no use for: functions, training information, documentation. */
  readonly kept?: Uint8Array
}
