import { float, int, ints } from '../model/attributes'
import { dtypes } from '../model/dtypes'
import { scalar } from '../model/tensor'
import type { DType, Graph } from '../model/types'
import type { BuilderOptions } from './assembly'
import { GraphAssembly } from './assembly'
import type { Value } from './value'

export type { BuilderOptions } from './assembly'

/** A graph that grows node by node, with a method for each of the operators that are written most. */
export class GraphBuilder extends GraphAssembly {
  /** Continues on a graph that was built or decoded before. Its outputs stay outputs until `clearOutputs`. */
  static from(graph: Graph, options: BuilderOptions = {}): GraphBuilder {
    const builder = new GraphBuilder(graph.name, options)
    for (const info of graph.inputs) builder.input(info.name, info.dtype, info.dims)
    for (const [name, tensor] of graph.initializers) builder.initializer(name, tensor)
    graph.nodes.forEach((node, i) =>
      builder.append(node.name === '' ? { ...node, name: `${node.opType}.${i}` } : node),
    )
    for (const info of graph.outputs) builder.output(builder.value(info.name))
    return builder
  }

  add = (left: Value, right: Value | number): Value => this.binary('Add', left, right)
  sub = (left: Value, right: Value | number): Value => this.binary('Sub', left, right)
  mul = (left: Value, right: Value | number): Value => this.binary('Mul', left, right)
  div = (left: Value, right: Value | number): Value => this.binary('Div', left, right)
  pow = (left: Value, right: Value | number): Value => this.binary('Pow', left, right)
  neg = (x: Value): Value => this.op('Neg', [x])
  exp = (x: Value): Value => this.op('Exp', [x])
  log = (x: Value): Value => this.op('Log', [x])
  sqrt = (x: Value): Value => this.op('Sqrt', [x])
  matMul = (left: Value, right: Value): Value => this.op('MatMul', [left, right])
  transpose = (x: Value, perm: readonly number[]): Value => this.op('Transpose', [x], { perm: ints(perm) })
  softmax = (x: Value, axis = -1): Value => this.op('Softmax', [x], { axis: int(axis) })
  logSoftmax = (x: Value, axis = -1): Value => this.op('LogSoftmax', [x], { axis: int(axis) })
  where = (condition: Value, yes: Value, no: Value): Value => this.op('Where', [condition, yes, no])
  shape = (x: Value): Value => this.op('Shape', [x])

  /** Swaps the last two axes. */
  transposeLast(x: Value): Value {
    const order = x.dims.map((_, i) => i)
    const last = order.length - 1
    return this.transpose(x, [...order.slice(0, -2), last, last - 1])
  }

  /** Sizes may be -1 (the rest) and 0 (as it was); a shape that is computed is a Value. */
  reshape(x: Value, shape: readonly number[] | Value): Value {
    return this.op('Reshape', [x, isValue(shape) ? shape : this.shapeConstant(shape)])
  }

  expand(x: Value, shape: readonly number[] | Value): Value {
    return this.op('Expand', [x, isValue(shape) ? shape : this.shapeConstant(shape)])
  }

  squeeze = (x: Value, axes: readonly number[]): Value => this.op('Squeeze', [x, this.shapeConstant(axes)])
  unsqueeze = (x: Value, axes: readonly number[]): Value =>
    this.op('Unsqueeze', [x, this.shapeConstant(axes)])
  concat = (values: readonly Value[], axis: number): Value => this.op('Concat', values, { axis: int(axis) })
  gather = (data: Value, indices: Value, axis = 0): Value =>
    this.op('Gather', [data, indices], { axis: int(axis) })

  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    return this.op('Split', [x, this.shapeConstant(sizes)], { axis: int(axis) }, sizes.length)
  }

  /** From `start` to before `end` along one axis. */
  slice(x: Value, start: number, end: number, axis: number): Value {
    const [from, to, axes] = [[start], [end], [axis]].map(values => this.shapeConstant(values))
    return this.op('Slice', [x, from, to, axes])
  }

  reduceSum(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.op('ReduceSum', [x, this.shapeConstant(axes)], { keepdims: int(keepDims ? 1 : 0) })
  }

  reduceMean(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.reduce('ReduceMean', x, axes, keepDims)
  }

  reduceMax(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.reduce('ReduceMax', x, axes, keepDims)
  }

  cast(x: Value, dtype: DType): Value {
    return x.dtype === dtype ? x : this.op('Cast', [x], { to: int(dtypes[dtype].onnx) })
  }

  layerNormalization(x: Value, scale: Value, bias: Value | undefined, epsilon = 1e-5): Value {
    return this.op('LayerNormalization', bias ? [x, scale, bias] : [x, scale], { epsilon: float(epsilon) })
  }

  /** x·Φ(x) with the exact normal distribution function, from operators of operator set 17. */
  gelu(x: Value): Value {
    return this.mul(x, this.normalDistribution(this.mul(x, Math.SQRT1_2)))
  }

  /**
   * Φ(x) from x/√2: (1 + erf(x/√2))/2. In float32 the sum and the half are one pass, the straight part of a HardSigmoid,
   * with the same bits; for float64 ONNX Runtime has no such kernel.
   */
  normalDistribution(scaled: Value): Value {
    const erf = this.op('Erf', [scaled])
    if (erf.dtype === 'float32') return this.op('HardSigmoid', [erf], { alpha: float(0.5), beta: float(0.5) })
    return this.mul(this.add(erf, 1), 0.5)
  }

  private reduce(opType: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
    const keepdims = int(keepDims ? 1 : 0)
    if (this.opset >= 18) return this.op(opType, [x, this.shapeConstant(axes)], { keepdims })
    return this.op(opType, [x], { axes: ints(axes), keepdims })
  }

  private binary(opType: string, left: Value, right: Value | number): Value {
    return this.op(opType, [
      left,
      typeof right === 'number' ? this.constant(scalar(left.dtype, right)) : right,
    ])
  }
}

const isValue = (shape: readonly number[] | Value): shape is Value => 'dtype' in shape
