import { GraphBuilder } from '../../graph/builder'
import { operatorOf } from '../../graph/nodeAttributes'
import { shapeRules } from '../../graph/shapes/infer'
import type { Graph, Model, Node } from '../../model/types'

/**
 * Takes the branch of every If whose condition the shapes of the inputs decide, as exporters write Squeeze of an axis
 * whose size they do not know. An If on values stays, and so do all that come after it.
 */
export function withChosenBranches(model: Model): Model {
  let { graph } = model
  for (let at = firstIf(graph, 0); at >= 0; at = firstIf(graph, at)) {
    const chosen = chosenBranch(model, graph, at)
    if (!chosen) break
    graph = inlined(graph, at, chosen)
  }
  return graph === model.graph ? model : { ...model, graph }
}

const firstIf = ({ nodes }: Graph, from: number): number =>
  nodes.findIndex(({ opType, domain }, i) => i >= from && opType === 'If' && !domain)

function chosenBranch(model: Model, graph: Graph, at: number): Graph | undefined {
  const node = graph.nodes[at]!
  const before = { ...graph, nodes: graph.nodes.slice(0, at), outputs: [] }
  if (!before.nodes.every(each => shapeRules.has(operatorOf(each)))) return undefined
  const builder = GraphBuilder.from(before, { opset: model.opset })
  const condition = builder.value(node.inputs[0]!).known?.[0]
  if (typeof condition !== 'number') return undefined
  const branch = node.attributes[condition === 0 ? 'else_branch' : 'then_branch']
  return branch?.kind === 'graph' ? branch.value : undefined
}

function inlined(graph: Graph, at: number, branch: Graph): Graph {
  const node = graph.nodes[at]!
  const results = branch.outputs.map(({ name }, i): Node => ({
    opType: 'Identity',
    name: `${node.name}.result.${i}`,
    inputs: [name],
    outputs: [node.outputs[i]!],
    attributes: {},
  }))
  const nodes = [...graph.nodes.slice(0, at), ...branch.nodes, ...results, ...graph.nodes.slice(at + 1)]
  return { ...graph, nodes, initializers: new Map([...graph.initializers, ...branch.initializers]) }
}
