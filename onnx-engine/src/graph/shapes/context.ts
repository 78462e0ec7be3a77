import { OnnxEngineError } from '../../errors'
import { dtypeOfOnnx, dtypes } from '../../model/dtypes'
import type { Dim, DType, Node, Tensor } from '../../model/types'
import { formatDims } from '../dims'
import { intOf, intsOf, operatorOf, tensorOf, textOf } from '../nodeAttributes'
import type { Inferred, Value } from '../value'
import { knownNumbers } from './known'

/** One node under shape inference, with typed access to what its rule needs and errors that name it. */
export class ShapeContext {
  constructor(
    readonly node: Node,
    readonly inputs: readonly (Value | undefined)[],
    readonly graph: string,
  ) {}

  /** The shape of the required input at `position`. */
  input(position: number): Value {
    const value = this.inputs[position]
    if (!value) throw this.mismatch(`${this.inputs.length} inputs`, `an input at position ${position}`)
    return value
  }

  optional(position: number): Value | undefined {
    return this.inputs[position]
  }

  int(name: string, otherwise: number): number {
    return intOf(this.node, name) ?? otherwise
  }

  ints(name: string): readonly number[] | undefined {
    return intsOf(this.node, name)
  }

  text(name: string, otherwise: string): string {
    return textOf(this.node, name) ?? otherwise
  }

  tensor(name: string): Tensor | undefined {
    return tensorOf(this.node, name)
  }

  /** The type with an ONNX number that an attribute names. */
  dtype(onnx: number): DType {
    const dtype = dtypeOfOnnx(onnx)
    if (dtype) return dtype
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `${this.node.opType}, node "${this.node.name}" of graph "${this.graph}"`,
      got: `ONNX data type ${onnx}`,
      expected: Object.keys(dtypes).join(', '),
    })
  }

  /** An axis counted from the front; negative ones count from the end. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value
    if (axis < 0 || axis >= rank) throw this.mismatch(`axis ${value}`, `an axis of ${rank} dimensions`)
    return axis
  }

  /**
   * Integers that newer operator sets take as an input and older ones as an attribute.
   * @returns undefined where neither is given
   */
  integers(attribute: string, position: number): readonly number[] | undefined {
    const value = this.optional(position)
    if (!value) return this.ints(attribute)
    const known = knownNumbers(value)
    if (!known) throw this.mismatch(`${attribute} that are known only when the graph runs`, 'constants')
    return known
  }

  /** The sizes that a one-dimensional input holds, of known number; unknown ones get names. */
  shapeFrom(shape: Value): readonly Dim[] {
    const length = shape.dims[0]
    if (shape.dims.length !== 1 || typeof length !== 'number')
      throw this.mismatchOf([shape], 'a shape of known rank')
    return shape.known ?? Array.from({ length }, (_, i) => this.unknown(i))
  }

  mismatch(got: string, expected: string): OnnxEngineError {
    return new OnnxEngineError('INCOMPATIBLE_SHAPES', {
      operator: operatorOf(this.node),
      node: this.node.name,
      graph: this.graph,
      got,
      expected,
    })
  }

  mismatchOf(values: readonly { readonly dims: readonly Dim[] }[], expected: string): OnnxEngineError {
    return this.mismatch(values.map(value => formatDims(value.dims)).join(' and '), expected)
  }

  /** A size that only the running graph knows, named after this node without the signs of arithmetic. */
  unknown(index: number): Dim {
    return `?${this.node.name.replace(/[-+*()]/g, '_')}.${index}`
  }
}

export type ShapeRule = (context: ShapeContext) => Inferred[]
