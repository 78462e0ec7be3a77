import { OnnxEngineError } from '../../errors'
import { dtypeOfOnnx } from '../../model/dtypes'
import { numbersOf } from '../../model/tensor'
import type { Dim } from '../../model/types'
import { addDims, broadcastDims, divideDims, multiplyDims, subtractDims } from '../dims'
import type { Inferred, Value } from '../value'
import type { ShapeContext, ShapeRule } from './context'

const unary: ShapeRule = context => [{ dtype: context.input(0).dtype, dims: context.input(0).dims }]

const identity: ShapeRule = context => [context.input(0)]

function broadcast(context: ShapeContext, values: readonly Value[]): Dim[] {
  let dims: readonly Dim[] = []
  for (const value of values) {
    const next = broadcastDims(dims, value.dims)
    if (!next) throw context.mismatchOf(values, 'shapes that broadcast')
    dims = next
  }
  return [...dims]
}

function sameType(context: ShapeContext, values: readonly Value[]): void {
  if (values.some(value => value.dtype !== values[0]!.dtype))
    throw context.mismatch(values.map(value => `${value.name} ${value.dtype}`).join(' and '), 'one data type')
}

type KnownRule = (left: Dim, right: Dim) => Dim | undefined

const combineKnown = (left: Value, right: Value, combine: KnownRule): Dim[] | undefined => {
  if (!left.known || !right.known) return undefined
  const length = Math.max(left.known.length, right.known.length)
  if ([left, right].some(value => value.known!.length !== length && value.known!.length !== 1))
    return undefined
  const at = (value: Value, i: number): Dim => value.known![value.known!.length === 1 ? 0 : i]!
  const combined = Array.from({ length }, (_, i) => combine(at(left, i), at(right, i)))
  return combined.every(item => item !== undefined) ? (combined as Dim[]) : undefined
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

const variadic: ShapeRule = context => {
  const values = context.inputs.map((_, i) => context.input(i))
  sameType(context, values)
  return [{ dtype: values[0]!.dtype, dims: broadcast(context, values) }]
}

const comparison: ShapeRule = context => {
  const [left, right] = [context.input(0), context.input(1)]
  sameType(context, [left, right])
  const known = context.node.opType === 'Equal' ? combineKnown(left, right, equalDims) : undefined
  return [{ dtype: 'bool', dims: broadcast(context, [left, right]), known }]
}

/** 1 or 0, or undefined for two sizes of which at least one is a name; a size is never -1. */
function equalDims(left: Dim, right: Dim): Dim | undefined {
  if (left === right) return 1
  const differ = (typeof left === 'number' && typeof right === 'number') || left === -1 || right === -1
  return differ ? 0 : undefined
}

const where: ShapeRule = context => {
  const [condition, yes, no] = [context.input(0), context.input(1), context.input(2)]
  sameType(context, [yes, no])
  const dims = broadcast(context, [condition, yes, no])
  return [{ dtype: yes.dtype, dims, known: knownWhere(condition, yes, no) }]
}

function knownWhere(condition: Value, yes: Value, no: Value): Dim[] | undefined {
  const operands = [condition, yes, no].map(value => value.known)
  const length = Math.max(...operands.map(known => known?.length ?? 0))
  if (!operands.every(known => known?.length === length || known?.length === 1)) return undefined
  const [conditions, yeses, noes] = operands.map(
    known =>
      (i: number): Dim =>
        known![known!.length === 1 ? 0 : i]!,
  )
  return Array.from({ length }, (_, i) => (conditions!(i) ? yeses!(i) : noes!(i)))
}

const cast: ShapeRule = context => {
  const to = context.int('to', 0)
  const dtype = dtypeOfOnnx(to)
  if (!dtype)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `Cast, node "${context.node.name}"`,
      got: `ONNX data type ${to}`,
      expected: 'float32, float64, int64, int32, bool, int8 or uint8',
    })
  const { dims, known } = context.input(0)
  return [{ dtype, dims, known }]
}

const constant: ShapeRule = context => {
  const tensor = context.tensor('value')
  if (!tensor)
    throw context.mismatch(Object.keys(context.attributes).join(', ') || 'no attribute', 'a tensor "value"')
  return [{ dtype: tensor.dtype, dims: tensor.dims, known: knownElements(tensor) }]
}

const integerTypes = new Set(['int64', 'int32', 'bool'])

/** The elements of a tensor that may be a shape or an axis. */
export function knownElements(tensor: Parameters<typeof numbersOf>[0]): Dim[] | undefined {
  return integerTypes.has(tensor.dtype) && tensor.data.length <= 64 ? numbersOf(tensor) : undefined
}

const softmax: ShapeRule = context => {
  const { dims } = context.input(0)
  context.axis(context.int('axis', -1), dims.length)
  return unary(context)
}

const layerNormalization: ShapeRule = context => {
  const [x, scale] = [context.input(0), context.input(1)]
  sameType(context, [x, scale])
  const axis = context.axis(context.int('axis', -1), x.dims.length)
  const normalized: Inferred = { dtype: x.dtype, dims: x.dims }
  const statistics: Inferred = { dtype: 'float32', dims: x.dims.map((dim, i) => (i < axis ? dim : 1)) }
  return [normalized, statistics, statistics]
}

export const elementwiseShapes: Record<string, ShapeRule> = {
  ...Object.fromEntries(
    ['Neg', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Abs', 'Sign', 'Erf', 'Tanh', 'Sigmoid', 'Relu', 'Gelu'].map(
      op => [op, unary],
    ),
  ),
  ...Object.fromEntries(
    ['Sin', 'Cos', 'Softplus', 'LeakyRelu', 'Clip', 'Floor', 'Ceil', 'Not', 'Trilu', 'CumSum'].map(op => [
      op,
      unary,
    ]),
  ),
  Identity: identity,
  Dropout: context => [context.input(0), { dtype: 'bool', dims: context.input(0).dims }],
  Add: arithmetic((a, b) => addDims(a, b)),
  Sub: arithmetic((a, b) => subtractDims(a, b)),
  Mul: arithmetic((a, b) => multiplyDims([a, b])),
  Div: arithmetic((a, b) => divideDims(a, b)),
  Mod: arithmetic((a, b) => (typeof a === 'number' && typeof b === 'number' && b !== 0 ? a % b : undefined)),
  Pow: power,
  Max: variadic,
  Min: variadic,
  Sum: variadic,
  ...Object.fromEntries(
    ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Equal', 'And', 'Or', 'Xor'].map(op => [
      op,
      comparison,
    ]),
  ),
  Where: where,
  Cast: cast,
  Constant: constant,
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNormalization,
}
