import { elementCount, GraphBuilder, type Attribute, type Model, type Node } from '@open-datanets/onnx-engine'

/**
 * Floating-point operations of one run: 2·m·n·k for every MatMul and Gemm that an output depends on, nothing else
 * counted. Symbolic sizes of the inputs take their numbers from `sizes`.
 */
export function gemmFlops({ graph, opset }: Model, sizes: Readonly<Record<string, number>> = {}): number {
  const inputs = graph.inputs.map(input => ({
    ...input,
    dims: input.dims.map(dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim)),
  }))
  const builder = GraphBuilder.from({ ...graph, inputs }, { opset })
  const dims = (name: string): number[] => builder.value(name).dims.map(Number)
  return neededNodes(
    graph.nodes,
    graph.outputs.map(({ name }) => name),
  )
    .filter(({ opType }) => opType === 'MatMul' || opType === 'Gemm')
    .reduce((sum, node) => {
      const left = dims(node.inputs[0]!)
      const inner = isOne(node.attributes['transA']) ? left.at(-2)! : left.at(-1)!
      return sum + 2 * elementCount(dims(node.outputs[0]!)) * inner
    }, 0)
}

/** Nodes whose results reach an output; ONNX Runtime never runs the others. */
function neededNodes(nodes: readonly Node[], outputs: readonly string[]): Node[] {
  const needed = new Set(outputs)
  return nodes
    .toReversed()
    .filter(node => {
      if (!node.outputs.some(name => needed.has(name))) return false
      for (const name of node.inputs) needed.add(name)
      return true
    })
    .toReversed()
}

function isOne(attribute: Attribute | undefined): boolean {
  return attribute?.kind === 'int' && attribute.value === 1
}
