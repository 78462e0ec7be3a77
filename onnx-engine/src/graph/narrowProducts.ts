import type { Model, Node } from '../model/types'
import { GraphBuilder } from './builder'
import { sameDims } from './dims'
import type { Value } from './value'

/** Inner sizes up to which a product is narrow; a wider one takes so long that its sum does not show beside it. */
const NARROW = 64

/** z + x·B where nothing else reads x·B. */
interface Accumulation {
  readonly product: Node
  /** z. */
  readonly onto: string
}

/**
 * Adds a narrow product to what is there while it is computed: z + x·B with x [.., r] and B [r, n] becomes one Gemm with
 * z as its C, which spares writing x·B and reading it again. Such sums are what LoRA adds to every layer, forward and
 * backward. Names of inputs and outputs stay.
 */
export function addNarrowProductsInPlace(model: Model): Model {
  const accumulations = findAccumulations(GraphBuilder.from(model.graph, { opset: model.opset }))
  const merged = new Set([...accumulations.values()].map(({ product }) => product))
  const { graph } = model
  const reserved = graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs])
  const builder = new GraphBuilder(graph.name, { opset: model.opset, reserved })
  for (const { name, dtype, dims } of graph.inputs) builder.input(name, dtype, dims)
  for (const [name, tensor] of graph.initializers) builder.initializer(name, tensor)
  const writer = new AccumulationWriter(builder)
  for (const node of graph.nodes) {
    if (merged.has(node)) continue
    const accumulation = accumulations.get(node)
    if (accumulation) writer.append(node, accumulation)
    else builder.append(node)
  }
  for (const { name } of graph.outputs) builder.output(builder.value(name))
  return { ...model, graph: builder.graph() }
}

/** By the node of the sum. */
function findAccumulations(builder: GraphBuilder): Map<Node, Accumulation> {
  const uses = new Map<string, number>()
  const read = [...builder.nodes.flatMap(({ inputs }) => inputs), ...builder.outputs.map(({ name }) => name)]
  for (const name of read) uses.set(name, (uses.get(name) ?? 0) + 1)

  const found = new Map<Node, Accumulation>()
  for (const sum of builder.nodes.filter(({ opType }) => opType === 'Add')) {
    const [left, right] = sum.inputs.map(name => builder.value(name)) as [Value, Value]
    if (!sameDims(left.dims, right.dims)) continue
    const product = [right, left].find(value => uses.get(value.name) === 1 && isNarrow(builder, value))
    if (!product) continue
    const onto = product === right ? left : right
    found.set(sum, { product: builder.producer(product)!, onto: onto.name })
  }
  return found
}

function isNarrow(builder: GraphBuilder, value: Value): boolean {
  const node = builder.producer(value)
  if (node?.opType !== 'MatMul') return false
  const [x, b] = node.inputs.map(name => builder.value(name)) as [Value, Value]
  const [inner, outer] = b.dims
  return (
    x.dims.length >= 2 &&
    b.dims.length === 2 &&
    typeof inner === 'number' &&
    typeof outer === 'number' &&
    inner <= NARROW
  )
}

class AccumulationWriter {
  private readonly rows = new Map<string, Value>()
  private readonly shapes = new Map<string, Value>()

  constructor(private readonly builder: GraphBuilder) {}

  append(sum: Node, { product, onto }: Accumulation): void {
    const { builder } = this
    const [x, b] = product.inputs.map(name => builder.value(name)) as [Value, Value]
    const z = builder.value(onto)
    if (z.dims.length === 2) {
      builder.append({ ...sum, opType: 'Gemm', inputs: [x.name, b.name, z.name] })
      return
    }
    const accumulated = builder.op('Gemm', [this.rowsOf(x), b, this.rowsOf(z)])
    builder.append({ ...sum, opType: 'Reshape', inputs: [accumulated.name, this.shapeOf(z).name] })
    this.rows.set(sum.outputs[0]!, accumulated)
  }

  /** [.., n] as [rows, n]. */
  private rowsOf(value: Value): Value {
    const { builder, rows } = this
    if (value.dims.length === 2) return value
    const known = rows.get(value.name)
    if (known) return known
    const width = value.dims.at(-1) as number
    const flat = builder.op('Reshape', [value, builder.shapeConstant([-1, width])])
    rows.set(value.name, flat)
    return flat
  }

  private shapeOf(value: Value): Value {
    const key = value.dims.join(',')
    const shape = this.shapes.get(key) ?? this.builder.shape(value)
    this.shapes.set(key, shape)
    return shape
  }
}
