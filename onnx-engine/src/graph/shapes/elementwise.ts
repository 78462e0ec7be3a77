import type { Dim } from '../../model/types'
import { broadcastDims } from '../dims'
import { operatorOf } from '../nodeAttributes'
import type { Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'
import type { KnownRule } from './known'
import {
  combineKnown,
  knownAdd,
  knownCast,
  knownCompare,
  knownDiv,
  knownEqual,
  knownMax,
  knownMin,
  knownMod,
  knownMul,
  knownRounded,
  knownSub,
  knownWhere,
} from './known'

export const unary: ShapeRule = context => [{ dtype: context.input(0).dtype, dims: context.input(0).dims }]

const test: ShapeRule = context => [{ dtype: 'bool', dims: context.input(0).dims }]

const foldedUnary =
  (fold: (x: Value) => Dim[] | undefined): ShapeRule =>
  context => {
    const x = context.input(0)
    return [{ dtype: x.dtype, dims: x.dims, known: fold(x) }]
  }

const negated = knownRounded(value => -value)

function broadcast(context: ShapeContext, values: readonly Value[]): Dim[] {
  let dims: readonly Dim[] = []
  for (const value of values) {
    const next = broadcastDims(dims, value.dims)
    if (!next) throw context.mismatchOf(values, 'shapes that broadcast')
    dims = next
  }
  return [...dims]
}

export function sameType(context: ShapeContext, values: readonly Value[]): void {
  if (values.some(value => value.dtype !== values[0]!.dtype))
    throw context.mismatch(values.map(value => `${value.name} ${value.dtype}`).join(' and '), 'one data type')
}

const arithmetic =
  (known: KnownRule): ShapeRule =>
  context => {
    const [left, right] = [context.input(0), context.input(1)]
    sameType(context, [left, right])
    const dims = broadcast(context, [left, right])
    return [{ dtype: left.dtype, dims, known: combineKnown(left, right, known) }]
  }

const power: ShapeRule = context => {
  const [base, exponent] = [context.input(0), context.input(1)]
  return [{ dtype: base.dtype, dims: broadcast(context, [base, exponent]) }]
}

const variadic =
  (known?: KnownRule): ShapeRule =>
  context => {
    const values = context.inputs.map((_, i) => context.input(i))
    sameType(context, values)
    const dims = broadcast(context, values)
    const folded = known && values.length === 2 ? combineKnown(values[0]!, values[1]!, known) : undefined
    return [{ dtype: values[0]!.dtype, dims, known: values.length === 1 ? values[0]!.known : folded }]
  }

const comparison =
  (known?: KnownRule): ShapeRule =>
  context => {
    const [left, right] = [context.input(0), context.input(1)]
    sameType(context, [left, right])
    const folded = known && combineKnown(left, right, known)
    return [{ dtype: 'bool', dims: broadcast(context, [left, right]), known: folded }]
  }

const where: ShapeRule = context => {
  const [condition, yes, no] = [context.input(0), context.input(1), context.input(2)]
  sameType(context, [yes, no])
  return [
    {
      dtype: yes.dtype,
      dims: broadcast(context, [condition, yes, no]),
      known: knownWhere(condition, yes, no),
    },
  ]
}

const cast: ShapeRule = context => {
  const dtype = context.dtype(context.int('to', 0))
  const { dims, known } = context.input(0)
  return [{ dtype, dims, known: knownCast(known, dtype) }]
}

const castLike: ShapeRule = context => {
  const { dtype } = context.input(1)
  const { dims, known } = context.input(0)
  return [{ dtype, dims, known: knownCast(known, dtype) }]
}

/** Slopes of PRelu broadcast to x but never the other way round. */
const prelu: ShapeRule = context => {
  const values = [context.input(0), context.input(1)]
  sameType(context, values)
  broadcast(context, values)
  return unary(context)
}

const rotary: ShapeRule = context => {
  const x = context.input(0)
  if (x.dims.length !== 3 && x.dims.length !== 4)
    throw context.mismatchOf([x], `3 or 4 dimensions for ${operatorOf(context.node)}`)
  return unary(context)
}

const each = (rule: ShapeRule, ...operators: string[]): Record<string, ShapeRule> =>
  Object.fromEntries(operators.map(operator => [operator, rule]))

const activations = [
  ['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Softplus', 'Softsign', 'Sigmoid', 'Tanh'],
  ['HardSigmoid', 'HardSwish', 'Mish', 'Gelu', 'Swish', 'Erf', 'Clip'],
  ['com.microsoft.Gelu', 'com.microsoft.FastGelu', 'com.microsoft.QuickGelu', 'com.microsoft.BiasGelu'],
].flat()

const functions = [
  ['Exp', 'Log', 'Sqrt', 'Reciprocal', 'Abs', 'Sign', 'Trilu', 'CumSum'],
  ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh'],
].flat()

export const elementwiseShapes: Record<string, ShapeRule> = {
  ...each(unary, ...activations, ...functions),
  ...each(test, 'Not', 'IsNaN', 'IsInf'),
  ...each(comparison(), 'And', 'Or', 'Xor'),
  Neg: foldedUnary(x => (x.known?.every(item => typeof item === 'number') ? negated(x) : undefined)),
  Floor: foldedUnary(knownRounded(Math.floor)),
  Ceil: foldedUnary(knownRounded(Math.ceil)),
  Round: foldedUnary(
    knownRounded(value => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))),
  ),
  Identity: context => [context.input(0)],
  Dropout: context => [context.input(0), { dtype: 'bool', dims: context.input(0).dims }],
  PRelu: prelu,
  RotaryEmbedding: rotary,
  Add: arithmetic(knownAdd),
  Sub: arithmetic(knownSub),
  Mul: arithmetic(knownMul),
  Div: arithmetic(knownDiv),
  Mod: arithmetic(knownMod),
  Pow: power,
  Max: variadic(knownMax),
  Min: variadic(knownMin),
  Sum: variadic(knownAdd),
  Mean: variadic(),
  Equal: comparison(knownEqual),
  Less: comparison(knownCompare((a, b) => a < b)),
  LessOrEqual: comparison(knownCompare((a, b) => a <= b)),
  Greater: comparison(knownCompare((a, b) => a > b)),
  GreaterOrEqual: comparison(knownCompare((a, b) => a >= b)),
  Where: where,
  Cast: cast,
  CastLike: castLike,
}
