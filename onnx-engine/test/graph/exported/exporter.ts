import type { Attributes, GraphBuilder, Tensor, Value } from '../../../src/index'
import { float, int, int64s, scalar, tensorAttribute } from '../../../src/index'

/** Writes nodes under names as an exporter of PyTorch gives them: the path of the module, then the operator. */
export class Exporter {
  private module = ''
  private counts = new Map<string, number>()

  constructor(readonly b: GraphBuilder) {}

  in(module: string): this {
    this.module = module
    return this
  }

  node(opType: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.nodes(opType, inputs, attributes, 1)[0]!
  }

  nodes(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputs: number,
  ): Value[] {
    const path = `${this.module}/${opType}`
    const count = this.counts.get(path) ?? 0
    this.counts.set(path, count + 1)
    const name = count === 0 ? path : `${path}_${count}`
    return this.b.append({
      opType,
      name,
      inputs: inputs.map(input => input?.name ?? ''),
      outputs: Array.from({ length: outputs }, (_, i) => `${name}_output_${i}`),
      attributes,
    })
  }

  /** A Constant node, as the older exporter writes every number. */
  constant(value: Tensor | number | readonly number[]): Value {
    const held =
      typeof value === 'number' ? scalar('float32', value) : 'dtype' in value ? value : int64s(value)
    return this.node('Constant', [], { value: tensorAttribute(held) })
  }

  index = (value: number): Value => this.constant(scalar('int64', value))

  /** x.size(axis), as Shape and Gather. */
  size(x: Value, axis: number): Value {
    return this.node('Gather', [this.node('Shape', [x]), this.index(axis)], { axis: int(0) })
  }

  /** torch.Size of sizes that are numbers or were computed, as Unsqueeze and Concat. */
  sizes(...parts: readonly (number | Value)[]): Value {
    const lists = parts.map(part =>
      typeof part === 'number' ? this.constant([part]) : this.node('Unsqueeze', [part, this.constant([0])]),
    )
    return this.node('Concat', lists, { axis: int(0) })
  }

  binary = (op: string, left: Value, right: Value | number): Value =>
    this.node(op, [left, typeof right === 'number' ? this.constant(right) : right])

  linear = (x: Value, weight: Value, bias: Value): Value =>
    this.node('Gemm', [x, weight, bias], { alpha: float(1), beta: float(1), transB: int(1) })
}
