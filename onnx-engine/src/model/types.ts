export type DType = 'float32' | 'float64' | 'int64' | 'int32' | 'bool' | 'int8' | 'uint8'

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Int8Array

/** A dense array in row-major order. `bool` is held as bytes 0 and 1. */
export interface Tensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly data: TensorData
}

/** A known size, or the name of a size that is known when the graph runs. */
export type Dim = number | string

export interface ValueInfo {
  readonly name: string
  readonly dtype: DType
  readonly dims: readonly Dim[]
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }

export type Attributes = Readonly<Record<string, Attribute>>

/** An empty name in `inputs` or `outputs` is an optional one that is left out. */
export interface Node {
  readonly opType: string
  readonly domain?: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
}

/** Nodes are in topological order. Initializers are the constants, not overridable inputs. */
export interface Graph {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly initializers: ReadonlyMap<string, Tensor>
}

export interface Model {
  readonly irVersion: number
  readonly opset: number
  readonly producer: string
  readonly graph: Graph
  readonly metadata: Readonly<Record<string, string>>
}
