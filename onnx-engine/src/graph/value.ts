import type { Dim, DType } from '../model/types'

/** A named result inside of one GraphBuilder: its type, its shape, and its elements where they are known beforehand. */
export interface Value {
  readonly name: string
  readonly dtype: DType
  readonly dims: readonly Dim[]
  /**
   * Elements of a small integer value in row-major order (a shape, an axis), followed through Shape, Gather, Concat, ...
   * so that Reshape, Slice and Expand have shapes. Absent where unknown.
   */
  readonly known?: readonly Dim[]
}

/** What shape inference says about one output of a node. */
export interface Inferred {
  readonly dtype: DType
  readonly dims: readonly Dim[]
  readonly known?: readonly Dim[] | undefined
}
