import { OnnxEngineError } from '../../errors'
import type { Attributes, Dim, Node, Tensor } from '../../model/types'
import { formatDims } from '../dims'
import type { Inferred, Value } from '../value'

/** One node under shape inference, with typed access to what its rule needs and errors that name it. */
export class ShapeContext {
  constructor(
    readonly node: Node,
    readonly inputs: readonly (Value | undefined)[],
    readonly graph: string,
  ) {}

  get attributes(): Attributes {
    return this.node.attributes
  }

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
    const attribute = this.attributes[name]
    return attribute?.kind === 'int' ? attribute.value : otherwise
  }

  ints(name: string): readonly number[] | undefined {
    const attribute = this.attributes[name]
    return attribute?.kind === 'ints' ? attribute.value : undefined
  }

  tensor(name: string): Tensor | undefined {
    const attribute = this.attributes[name]
    return attribute?.kind === 'tensor' ? attribute.value : undefined
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
    const known = value.known
    if (!known?.every((item): item is number => typeof item === 'number'))
      throw this.mismatch(`${attribute} that are known only when the graph runs`, 'constants')
    return known
  }

  mismatch(got: string, expected: string): OnnxEngineError {
    return new OnnxEngineError('INCOMPATIBLE_SHAPES', {
      operator: this.node.opType,
      node: this.node.name,
      graph: this.graph,
      got,
      expected,
    })
  }

  mismatchOf(values: readonly { readonly dims: readonly Dim[] }[], expected: string): OnnxEngineError {
    return this.mismatch(values.map(value => formatDims(value.dims)).join(' and '), expected)
  }

  /** A size that only the running graph knows, named after this node. */
  unknown(index: number): Dim {
    return `?${this.node.name}.${index}`
  }
}

export type ShapeRule = (context: ShapeContext) => Inferred[]
