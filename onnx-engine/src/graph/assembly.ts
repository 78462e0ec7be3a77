import { OnnxEngineError } from '../errors'
import { int64s, scalar } from '../model/tensor'
import type { Attributes, Dim, DType, Graph, Model, Node, Tensor, ValueInfo } from '../model/types'
import { inferShapes } from './shapes/infer'
import { knownElements } from './shapes/known'
import type { Inferred, Value } from './value'

export interface BuilderOptions {
  /** The type of scalar constants and of everything that is made without another float operand. */
  readonly float?: 'float32' | 'float64'
  /** ONNX operator set, 13 at least; one below 17 is raised to 17, up to which nothing changed its meaning. */
  readonly opset?: number
  /** Names that counted names must leave free, because nodes that bear them follow. */
  readonly reserved?: Iterable<string>
}

/**
 * The values and nodes of a graph that grows node by node. Every Value knows its type and its shape, sizes may be names
 * ('B', 'T'), and names of nodes are counted, so that equal calls give equal bytes.
 */
export class GraphAssembly {
  readonly float: 'float32' | 'float64'
  readonly opset: number
  readonly nodes: Node[] = []
  readonly inputs: ValueInfo[] = []
  readonly outputs: ValueInfo[] = []
  readonly initializers = new Map<string, Tensor>()
  private readonly values = new Map<string, Value>()
  private readonly producers = new Map<string, Node>()
  /** Exporters count as well: PyTorch before 1.13 calls nodes `Mul_17`, and what they compute `42`. */
  private readonly nodeNames = new Set<string>()
  private readonly shapeConstants = new Map<string, Value>()
  private readonly reserved: ReadonlySet<string>
  private counter = 0

  constructor(
    readonly name: string,
    options: BuilderOptions = {},
  ) {
    this.float = options.float ?? 'float32'
    const opset = options.opset ?? 17
    if (opset < 13)
      throw new OnnxEngineError('UNSUPPORTED_MODEL', {
        what: `operator set of graph "${name}"`,
        got: `${opset}`,
        expected: '13 or newer, where Softmax, Squeeze and ReduceSum have their present form',
      })
    this.opset = Math.max(17, opset)
    this.reserved = new Set(options.reserved)
  }

  input(name: string, dtype: DType, dims: readonly Dim[]): Value {
    const value = this.define(name, { dtype, dims: [...dims] })
    this.inputs.push({ name, dtype, dims: value.dims })
    return value
  }

  initializer(name: string, tensor: Tensor): Value {
    const value = this.define(name, { dtype: tensor.dtype, dims: tensor.dims, known: knownElements(tensor) })
    this.initializers.set(name, tensor)
    return value
  }

  /** An initializer with a counted name; a plain number becomes a scalar of the builder's float type. */
  constant(value: Tensor | number): Value {
    return this.initializer(
      this.freshName('constant'),
      typeof value === 'number' ? scalar(this.float, value) : value,
    )
  }

  /** A one-dimensional int64 constant (a shape, axes); equal ones are kept once. */
  shapeConstant(values: readonly number[]): Value {
    const key = values.join(',')
    const existing = this.shapeConstants.get(key)
    if (existing) return existing
    const created = this.constant(int64s(values))
    this.shapeConstants.set(key, created)
    return created
  }

  /**
   * Appends a node. Absent optional inputs are undefined.
   * @returns the first output, or all of them where `outputCount` is given
   * @throws OnnxEngineError UNSUPPORTED_OPERATOR, INCOMPATIBLE_SHAPES
   */
  op(opType: string, inputs: readonly (Value | undefined)[], attributes?: Attributes): Value
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputCount: number,
  ): Value[]
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    outputCount?: number,
  ): Value | Value[] {
    const name = this.freshName(opType)
    const outputs =
      outputCount === undefined ? [name] : Array.from({ length: outputCount }, (_, i) => `${name}.${i}`)
    const values = this.append({
      opType,
      name,
      inputs: inputs.map(input => input?.name ?? ''),
      outputs,
      attributes,
    })
    return outputCount === undefined ? values[0]! : values
  }

  /** Appends a node as it is, under its own names. */
  append(node: Node): Value[] {
    const inputs = node.inputs.map(name => (name === '' ? undefined : this.value(name)))
    const inferred = inferShapes(node, inputs, this.name)
    this.nodes.push(node)
    this.nodeNames.add(node.name)
    return node.outputs.map((name, i) => {
      const value = name === '' ? { name, ...inferred[i]! } : this.define(name, inferred[i]!)
      this.producers.set(name, node)
      return value as Value
    })
  }

  /** Gives a node of this graph the optional outputs that it was built without; returns its first `count` outputs. */
  withOutputs(node: Node, count: number): Value[] {
    const current = this.producers.get(node.outputs[0]!) ?? node
    const missing = Array.from({ length: count - current.outputs.length }, () => this.freshName(node.opType))
    if (missing.length > 0) {
      const extended = { ...current, outputs: [...current.outputs, ...missing] }
      const inputs = extended.inputs.map(name => (name === '' ? undefined : this.value(name)))
      const inferred = inferShapes(extended, inputs, this.name)
      missing.forEach((name, i) => this.define(name, inferred[current.outputs.length + i]!))
      this.nodes[this.nodes.indexOf(current)] = extended
      for (const name of extended.outputs) this.producers.set(name, extended)
      return extended.outputs.map(name => this.value(name))
    }
    return current.outputs.slice(0, count).map(name => this.value(name))
  }

  /** Takes back those nodes from position `from` on that none of the kept values is computed from. */
  discardUnused(from: number, kept: Iterable<Value>): void {
    const needed = new Set(Array.from(kept, value => value.name))
    const retained: Node[] = []
    for (const node of this.nodes.splice(from).reverse())
      if (node.outputs.some(name => needed.has(name))) {
        for (const name of node.inputs) needed.add(name)
        retained.push(node)
      } else
        for (const name of node.outputs) {
          this.values.delete(name)
          this.producers.delete(name)
        }
    this.nodes.push(...retained.reverse())
  }

  /** @throws OnnxEngineError UNKNOWN_VALUE */
  value(name: string): Value {
    const value = this.values.get(name)
    if (!value) throw new OnnxEngineError('UNKNOWN_VALUE', { name, graph: this.name })
    return value
  }

  /** The node that computes a value; undefined for inputs and initializers. */
  producer(value: Value): Node | undefined {
    return this.producers.get(value.name)
  }

  /** A second name of a value. */
  alias(value: Value, name: string): Value {
    return this.append({
      opType: 'Identity',
      name,
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    })[0]!
  }

  /** Makes a value an output of the graph, under another name where one is given. */
  output(value: Value, name = value.name): void {
    const named = name === value.name ? value : this.alias(value, name)
    this.outputs.push({ name: named.name, dtype: named.dtype, dims: named.dims })
  }

  /** Leaves what were the outputs as values inside of the graph. */
  clearOutputs(): void {
    this.outputs.length = 0
  }

  graph(): Graph {
    const { name, nodes, inputs, outputs, initializers } = this
    return {
      name,
      nodes: [...nodes],
      inputs: [...inputs],
      outputs: [...outputs],
      initializers: new Map(initializers),
    }
  }

  model(metadata: Readonly<Record<string, string>> = {}): Model {
    return { irVersion: 9, opset: this.opset, producer: 'open-datanets', graph: this.graph(), metadata }
  }

  private define(name: string, { dtype, dims, known }: Inferred): Value {
    if (this.values.has(name)) throw new OnnxEngineError('DUPLICATE_NAME', { name, graph: this.name })
    const value: Value = known ? { name, dtype, dims, known } : { name, dtype, dims }
    this.values.set(name, value)
    return value
  }

  private isTaken(name: string): boolean {
    return this.values.has(name) || this.nodeNames.has(name) || this.reserved.has(name)
  }

  private freshName(kind: string): string {
    let name
    do name = `${kind}_${this.counter++}`
    while ([name, `${name}.0`].some(taken => this.isTaken(taken)))
    return name
  }
}
