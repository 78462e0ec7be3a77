import { notDifferentiable } from '../../graph/gradients/notDifferentiable'
import { gradientRules } from '../../graph/gradients/reverse'
import { isRecurrent } from '../recurrent/unroll'
import { operatorOf } from '../../graph/nodeAttributes'
import { shapeRules } from '../../graph/shapes/infer'
import type { Graph, Model, Node } from '../../model/types'

export interface UnsupportedOperator {
  readonly operator: string
  readonly node: string
  readonly graph: string
  readonly purpose: 'shape inference' | 'gradient'
}

/**
 * Every operator of a model that stands in the way of its gradients, all of them at once: those without shape
 * inference, and those without a gradient between initializers of floats and the outputs.
 */
export function unsupportedOperators({ graph }: Model): UnsupportedOperator[] {
  const active = activeNodes(graph)
  return graph.nodes.flatMap((node, i) => {
    const operator = operatorOf(node)
    const place = { operator, node: node.name || `${node.opType}.${i}`, graph: graph.name }
    const inner = subgraphsOf(node).flatMap(subgraph => unsupportedOperators(modelOf(subgraph)))
    if (isRecurrent(node)) return inner
    if (!shapeRules.has(operator)) return [{ ...place, purpose: 'shape inference' }, ...inner]
    if (active.has(node) && !gradientRules.has(operator)) return [{ ...place, purpose: 'gradient' }, ...inner]
    return inner
  })
}

const modelOf = (graph: Graph): Model => ({ irVersion: 8, opset: 17, producer: '', graph, metadata: {} })

const subgraphsOf = ({ attributes }: Node): Graph[] =>
  Object.values(attributes).flatMap(attribute => {
    if (attribute.kind === 'graph') return [attribute.value]
    return attribute.kind === 'graphs' ? attribute.value : []
  })

/** Nodes between initializers of floats and the outputs through which a gradient could flow. */
function activeNodes(graph: Graph): ReadonlySet<Node> {
  const needed = new Set(graph.outputs.map(info => info.name))
  for (const node of [...graph.nodes].reverse())
    if (node.outputs.some(name => needed.has(name))) node.inputs.forEach(name => needed.add(name))
  const floats = [...graph.initializers].filter(([, value]) => !value.opaque && /^float/.test(value.dtype))
  const reached = new Set(floats.map(([name]) => name))
  const active = new Set<Node>()
  for (const node of graph.nodes) {
    if (notDifferentiable.has(operatorOf(node))) continue
    if (!node.inputs.some(name => reached.has(name))) continue
    node.outputs.forEach(name => reached.add(name))
    if (node.outputs.some(name => needed.has(name))) active.add(node)
  }
  return active
}
