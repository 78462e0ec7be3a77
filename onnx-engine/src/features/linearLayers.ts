import type { GraphBuilder } from '../graph/builder'
import type { Value } from '../graph/value'
import type { Node } from '../model/types'

/** One place where a constant matrix is applied to activations: y = x·W (+ bias). */
export interface LinearLayer {
  /** The name of the weight without ".weight"; a second use of the same weight ends in "#2". */
  readonly name: string
  readonly inWidth: number
  readonly outWidth: number
  /** [.., inWidth] */
  readonly x: Value
  /** [.., outWidth] */
  readonly y: Value
}

/**
 * Every linear layer of a graph in the order of its nodes: MatMul by a two-dimensional initializer on the right, and
 * Gemm with one as B. Initializers are followed through Identity and Transpose, as exporters write them.
 */
export function findLinearLayers(builder: GraphBuilder): LinearLayer[] {
  const uses = new Map<string, number>()
  return builder.nodes.flatMap(node => {
    const weight = weightOf(builder, node)
    if (weight === undefined) return []
    const [x, y] = [builder.value(node.inputs[0]!), builder.value(node.outputs[0]!)]
    if (builder.initializers.has(x.name)) return []
    const use = (uses.get(weight) ?? 0) + 1
    uses.set(weight, use)
    const name = weight.replace(/\.weight$/, '') + (use === 1 ? '' : `#${use}`)
    return [{ name, inWidth: Number(x.dims.at(-1)), outWidth: Number(y.dims.at(-1)), x, y }]
  })
}

/** The name of the initializer that a node multiplies by. */
function weightOf(builder: GraphBuilder, node: Node): string | undefined {
  if (node.domain || (node.opType !== 'MatMul' && node.opType !== 'Gemm')) return undefined
  const transA = node.attributes['transA']
  if (transA?.kind === 'int' && transA.value === 1) return undefined
  let name = node.inputs[1]!
  for (;;) {
    const value = builder.value(name)
    if (value.dims.length !== 2) return undefined
    if (builder.initializers.has(name)) return name
    const producer = builder.producer(value)
    if (producer?.opType !== 'Transpose' && producer?.opType !== 'Identity') return undefined
    name = producer.inputs[0]!
  }
}
