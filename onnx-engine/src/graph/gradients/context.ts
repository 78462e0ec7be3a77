import { OnnxEngineError } from '../../errors'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { floatOf, intOf, operatorOf, textOf } from '../nodeAttributes'
import type { Value } from '../value'

/**
 * A gradient that is zero but for `updates` at `indices` along `axis`: what reading single elements leaves behind. It
 * stays in this form so that the gradient of a cross-entropy never becomes a dense one-hot array.
 */
export interface ScatteredGradient {
  readonly indices: Value
  readonly updates: Value
  readonly axis: number
}

export type Gradient = Value | ScatteredGradient

export const isScattered = (gradient: Gradient): gradient is ScatteredGradient => 'updates' in gradient

/** One node of the backward pass: its inputs, its outputs, and the gradients that reached its outputs. */
export class GradientContext {
  constructor(
    readonly builder: GraphBuilder,
    readonly node: Node,
    readonly inputs: readonly Value[],
    readonly outputs: readonly Value[],
    /** Dense gradient of an output; undefined where nothing flows back into it. */
    readonly gradientOf: (output: number) => Value | undefined,
    /** The gradient of the first output in the form in which it arrived. */
    readonly arrived: Gradient | undefined,
    /** For each input, whether its gradient is wanted at all. */
    readonly wanted: readonly boolean[],
    /** Gradients by name through the nodes that were appended since there were `from` of them. */
    readonly derive: (y: Value, wrt: readonly Value[], seed: Value, from: number) => Map<string, Value>,
  ) {}

  get x(): Value {
    return this.inputs[0]!
  }

  get y(): Value {
    return this.outputs[0]!
  }

  /** Gradient of the first output. */
  get dy(): Value {
    const gradient = this.gradientOf(0)
    if (!gradient) throw this.unsupported(`${this.node.opType} through a further output`)
    return gradient
  }

  int(name: string, otherwise: number): number {
    return intOf(this.node, name) ?? otherwise
  }

  float(name: string, otherwise: number): number {
    return floatOf(this.node, name) ?? otherwise
  }

  text(name: string, otherwise: string): string {
    return textOf(this.node, name) ?? otherwise
  }

  axis(otherwise: number): number {
    const axis = this.int('axis', otherwise)
    return axis < 0 ? axis + this.x.dims.length : axis
  }

  unsupported(operator = operatorOf(this.node)): OnnxEngineError {
    return new OnnxEngineError('UNSUPPORTED_OPERATOR', {
      operator,
      node: this.node.name,
      graph: this.builder.name,
      purpose: 'gradient',
    })
  }
}

/**
 * For each input, how to compute its gradient, called only where that gradient is wanted. Undefined where the output
 * does not depend on the input in a differentiable way (indices, shapes, conditions).
 */
export type GradientRule = (context: GradientContext) => ((() => Gradient | undefined) | undefined)[]
