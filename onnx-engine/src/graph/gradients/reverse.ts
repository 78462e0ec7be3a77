import { OnnxEngineError } from '../../errors'
import { isFloat } from '../../model/dtypes'
import { tensor } from '../../model/tensor'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { operatorOf } from '../nodeAttributes'
import type { Value } from '../value'
import { shapeOf, zerosLike } from './broadcast'
import type { Gradient, GradientRule } from './context'
import { GradientContext, isScattered } from './context'
import { convolutionGradients } from './convolution'
import { decomposedGradients } from './decomposed'
import { elementwiseGradients } from './elementwise'
import { geluGradient, writtenOutGelu } from './gelu'
import { dense, indexingGradients } from './indexing'
import { layoutGradients } from './layout'
import { linearGradients } from './linear'
import { normalizationGradients } from './normalization'
import { notDifferentiable } from './notDifferentiable'
import { reductionGradients } from './reduction'

/** By operator; any other operator between a loss and what it is derived by is refused. */
export const gradientRules: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries({
    ...decomposedGradients,
    ...elementwiseGradients,
    ...convolutionGradients,
    ...linearGradients,
    ...reductionGradients,
    ...layoutGradients,
    ...indexingGradients,
    ...normalizationGradients,
  }),
)

/**
 * Appends the gradients of the sum of `loss` to the builder, as plain ONNX operators.
 * @param seed gradient of `loss` itself, of its shape; ones where it is left out
 * @returns one value per entry of `wrt`, of its shape; zeros where the loss does not depend on it
 * @throws OnnxEngineError UNSUPPORTED_OPERATOR where an operator between `wrt` and the loss has no gradient
 */
export function gradients(builder: GraphBuilder, loss: Value, wrt: readonly Value[], seed?: Value): Value[] {
  const found = reachedGradients(builder, loss, wrt, seed)
  return wrt.map(value => found.get(value.name) ?? zerosLike(builder, value))
}

/** The same by name, without those that the loss does not depend on. */
export function reachedGradients(
  builder: GraphBuilder,
  loss: Value,
  wrt: readonly Value[],
  seed?: Value,
): Map<string, Value> {
  for (const value of [loss, ...wrt])
    if (!isFloat(value.dtype))
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: `type of "${value.name}", which takes part in a gradient`,
        got: value.dtype,
        expected: 'float32 or float64',
      })
  return new BackwardPass(builder, wrt).run(loss, seed)
}

class BackwardPass {
  private readonly arrived = new Map<string, Gradient[]>()
  private readonly requested: ReadonlySet<string>
  /** Names of the values that depend on `wrt`: nothing else gets a gradient. */
  private readonly active: Set<string>
  private readonly nodes: readonly Node[]

  /** @param from the first node to go back through */
  constructor(
    private readonly builder: GraphBuilder,
    private readonly wrt: readonly Value[],
    from = 0,
  ) {
    this.nodes = builder.nodes.slice(from)
    this.requested = new Set(wrt.map(value => value.name))
    this.active = new Set(this.requested)
    for (const node of this.nodes)
      if (isDifferentiable(node) && node.inputs.some(name => this.active.has(name)))
        for (const output of node.outputs) if (output !== '') this.active.add(output)
  }

  run(loss: Value, seed?: Value): Map<string, Value> {
    this.arrived.set(loss.name, [seed ?? this.ones(loss)])
    for (const node of [...this.nodes].reverse())
      if (node.outputs.some(name => this.arrived.has(name))) this.visit(node)
    const found = new Map<string, Value>()
    for (const { name } of this.wrt) if (this.arrived.has(name)) found.set(name, this.total(name))
    return found
  }

  private visit(node: Node): void {
    const wanted = node.inputs.map(name => this.active.has(name) && isFloat(this.builder.value(name).dtype))
    if (!wanted.includes(true) || !isDifferentiable(node)) return
    const context = this.context(node, wanted)
    if (this.passGelu(node, context)) return
    const rule = gradientRules.get(operatorOf(node))
    if (!rule) throw context.unsupported()
    const thunks = rule(context)
    node.inputs.forEach((name, i) => {
      const gradient = wanted[i] ? thunks[i]?.() : undefined
      if (gradient) this.arrive(name, gradient)
    })
  }

  /** A GELU that is written out is passed as a whole, unless the gradient of something inside of it is wanted. */
  private passGelu(node: Node, context: GradientContext): boolean {
    const form = writtenOutGelu(this.builder, node, value => !this.active.has(value.name))
    if (!form || !this.active.has(form.x.name)) return false
    if (form.inside.some(name => this.requested.has(name) && name !== node.outputs[0])) return false
    this.arrive(form.x.name, geluGradient(this.builder, form, context.dy))
    return true
  }

  private arrive(name: string, gradient: Gradient): void {
    this.arrived.set(name, [...(this.arrived.get(name) ?? []), gradient])
  }

  private context(node: Node, wanted: readonly boolean[]): GradientContext {
    const { builder } = this
    const first = this.arrived.get(node.outputs[0]!)
    const valueOf = (name: string): Value => (name === '' ? undefined : builder.value(name)) as Value
    return new GradientContext(
      builder,
      node,
      node.inputs.map(valueOf),
      node.outputs.map(valueOf),
      output => (this.arrived.has(node.outputs[output]!) ? this.total(node.outputs[output]!) : undefined),
      first?.length === 1 ? first[0] : undefined,
      wanted,
      (y, wrt, seed, from) => new BackwardPass(builder, wrt, from).run(y, seed),
    )
  }

  /** The sum of all that reached a value, dense. */
  private total(name: string): Value {
    const value = this.builder.value(name)
    const parts = this.arrived
      .get(name)!
      .map(part => (isScattered(part) ? dense(this.builder, value, part) : part))
    const sum = parts.reduce((left, right) => this.builder.add(left, right))
    this.arrived.set(name, [sum])
    return sum
  }

  private ones(loss: Value): Value {
    const one = this.builder.constant(tensor(loss.dtype, [], [1]))
    return loss.dims.length === 0 ? one : this.builder.expand(one, shapeOf(this.builder, loss))
  }
}

const isDifferentiable = (node: Node): boolean => !notDifferentiable.has(operatorOf(node))
