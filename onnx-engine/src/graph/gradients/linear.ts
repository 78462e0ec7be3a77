import { int, string } from '../../model/attributes'
import type { GraphBuilder } from '../builder'
import { parseEinsum } from '../einsum'
import type { Value } from '../value'
import { shapeOf, sumToShapeOf } from './broadcast'
import type { GradientRule } from './context'

/** xᵀ·dy over all rows of any number of leading axes, as one matrix product. */
function weightGradient(builder: GraphBuilder, x: Value, dy: Value): Value {
  const rows = (value: Value): Value =>
    value.dims.length === 2
      ? value
      : builder.op('Reshape', [value, builder.shapeConstant([-1, width(value)])])
  return builder.op('Gemm', [rows(x), rows(dy)], { transA: int(1) })
}

function width(value: Value): number {
  const last = value.dims.at(-1)
  return typeof last === 'number' ? last : 0
}

const matMul: GradientRule = ({ builder, inputs, dy }) => {
  const [a, b] = [inputs[0]!, inputs[1]!]
  // A vector takes part as a matrix of one row (left) or one column (right).
  const left = a.dims.length === 1 ? builder.unsqueeze(a, [0]) : a
  const right = b.dims.length === 1 ? builder.unsqueeze(b, [1]) : b
  let gradient = dy
  if (a.dims.length === 1) gradient = builder.unsqueeze(gradient, [b.dims.length === 1 ? -1 : -2])
  if (b.dims.length === 1) gradient = builder.unsqueeze(gradient, [-1])
  const isLayer =
    right.dims.length === 2 && typeof right.dims[0] === 'number' && typeof right.dims[1] === 'number'
  const like = (value: Value, operand: Value, original: Value, axis: number): Value => {
    const summed = sumToShapeOf(builder, value, operand)
    return original.dims.length === 1 ? builder.squeeze(summed, [axis]) : summed
  }
  return [
    () => like(builder.matMul(gradient, builder.transposeLast(right)), left, a, 0),
    () =>
      isLayer
        ? like(weightGradient(builder, left, gradient), right, b, 1)
        : like(builder.matMul(builder.transposeLast(left), gradient), right, b, 1),
  ]
}

/** y = alpha·A'·B' + beta·C, where ' is an optional transposition. */
const gemm: GradientRule = context => {
  const { builder, inputs, dy } = context
  const [a, b, c] = [inputs[0]!, inputs[1]!, inputs[2]]
  const [transA, transB] = [context.int('transA', 0), context.int('transB', 0)]
  const alpha = { kind: 'float', value: context.float('alpha', 1) } as const
  const beta = context.float('beta', 1)
  const product = (left: Value, transLeft: number, right: Value, transRight: number): Value =>
    builder.op('Gemm', [left, right], { alpha, transA: int(transLeft), transB: int(transRight) })
  return [
    () => (transA ? product(b, transB, dy, 1) : product(dy, 0, b, 1 - transB)),
    () => (transB ? product(dy, 1, a, transA) : product(a, 1 - transA, dy, 0)),
    c && (() => sumToShapeOf(builder, beta === 1 ? dy : builder.mul(dy, beta), c)),
  ]
}

/**
 * The gradient of an operand is an Einsum of dy and the other operands; indices that only the operand has are repeated.
 */
const einsum: GradientRule = context => {
  const { builder, inputs, dy } = context
  const ranks = inputs.map(({ dims }) => dims.length)
  const equation = parseEinsum(context.text('equation', ''), ranks)
  const repeats = equation?.operands.some(term => new Set(term).size < term.length)
  if (!equation || repeats) throw context.unsupported('Einsum with an index twice in one operand')
  const { operands, result } = equation
  return operands.map((term, operand) => () => {
    const others = operands.flatMap((other, i) => (i === operand ? [] : [i]))
    const terms = [result, ...others.map(i => operands[i]!)]
    const kept = [...term].filter(letter => terms.some(other => other.includes(letter)))
    const partial = builder.op('Einsum', [dy, ...others.map(i => inputs[i]!)], {
      equation: string(`${terms.join(',')}->${kept.join('')}`),
    })
    const lost = [...term].flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]))
    const whole = lost.length === 0 ? partial : builder.unsqueeze(partial, lost)
    const x = inputs[operand]!
    return lost.length === 0 ? sumToShapeOf(builder, whole, x) : builder.expand(whole, shapeOf(builder, x))
  })
}

export const linearGradients: Record<string, GradientRule> = { MatMul: matMul, Gemm: gemm, Einsum: einsum }
