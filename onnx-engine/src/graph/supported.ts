import type { Graph, Node } from '../model/types'
import { notDifferentiable } from './gradients/notDifferentiable'
import { gradientRules } from './gradients/reverse'
import { operatorOf } from './nodeAttributes'
import { shapeRules } from './shapes/infer'

export interface UnsupportedNode {
  readonly operator: string
  readonly node: string
  readonly purpose: 'shape inference' | 'gradient'
}

/**
 * All nodes that no rule covers, in the order of the graph, so that a user learns of every one at once. One that lacks
 * only a gradient does no harm where nothing differentiable flows through it.
 */
export const unsupportedNodes = (graph: Graph): UnsupportedNode[] =>
  graph.nodes.flatMap((node, i) => {
    const operator = operatorOf(node)
    const name = node.name === '' ? `${node.opType}.${i}` : node.name
    const purpose = missing(node)
    return purpose ? [{ operator, node: name, purpose }] : []
  })

function missing(node: Node): UnsupportedNode['purpose'] | undefined {
  const operator = operatorOf(node)
  if (!shapeRules.has(operator)) return 'shape inference'
  return gradientRules.has(operator) || notDifferentiable.has(operator) ? undefined : 'gradient'
}

/** Names of all operators that the engine follows, and of those among them that it can differentiate. */
export const supportedOperators = (): { readonly shapes: string[]; readonly gradients: string[] } => ({
  shapes: [...shapeRules.keys()].sort(),
  gradients: [...gradientRules.keys()].sort(),
})
