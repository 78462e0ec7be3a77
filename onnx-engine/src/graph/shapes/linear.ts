import type { Dim } from '../../model/types'
import { broadcastDim, broadcastDims } from '../dims'
import { einsumSizes, parseEinsum } from '../einsum'
import type { ShapeContext, ShapeRule } from './context'

/** Refuses inner sizes that can never agree; a name may turn out to be the number beside it. */
function agree(context: ShapeContext, left: Dim | undefined, right: Dim | undefined): void {
  const differ = typeof left === 'number' && typeof right === 'number' && left !== right
  if (left === undefined || right === undefined || differ)
    throw context.mismatchOf([context.input(0), context.input(1)], 'equal inner dimensions')
}

const matMul: ShapeRule = context => {
  const [a, b] = [context.input(0), context.input(1)]
  if (a.dtype !== b.dtype) throw context.mismatch(`${a.dtype} and ${b.dtype}`, 'one data type')
  if (a.dims.length === 0 || b.dims.length === 0)
    throw context.mismatchOf([a, b], 'at least one dimension each')
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims
  agree(context, left.at(-1), right.at(-2))
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2))
  if (!batch) throw context.mismatchOf([a, b], 'batch dimensions that broadcast')
  const rows = a.dims.length === 1 ? [] : [left.at(-2)!]
  const columns = b.dims.length === 1 ? [] : [right.at(-1)!]
  return [{ dtype: a.dtype, dims: [...batch, ...rows, ...columns] }]
}

const gemm: ShapeRule = context => {
  const [a, b, c] = [context.input(0), context.input(1), context.optional(2)]
  if (a.dims.length !== 2 || b.dims.length !== 2) throw context.mismatchOf([a, b], 'two matrices')
  const left = context.int('transA', 0) ? [...a.dims].reverse() : a.dims
  const right = context.int('transB', 0) ? [...b.dims].reverse() : b.dims
  agree(context, left[1], right[0])
  const dims = [left[0]!, right[1]!]
  if (c) {
    const offset = 2 - c.dims.length
    const fits = offset >= 0 && c.dims.every((dim, i) => broadcastDim(dims[i + offset]!, dim) !== undefined)
    if (!fits) throw context.mismatchOf([{ dims }, c], 'a bias that broadcasts to the product')
  }
  return [{ dtype: a.dtype, dims }]
}

const einsum: ShapeRule = context => {
  const values = context.inputs.map((_, i) => context.input(i))
  const equation = context.text('equation', '')
  const dims = values.map(value => value.dims)
  const parsed = parseEinsum(
    equation,
    dims.map(({ length }) => length),
  )
  if (!parsed) throw context.mismatchOf(values, `shapes that fit "${equation}"`)
  const sizes = einsumSizes(parsed, dims)
  parsed.operands.forEach((term, operand) =>
    [...term].forEach((letter, axis) => {
      if (broadcastDim(sizes.get(letter)!, dims[operand]![axis]!) === undefined)
        throw context.mismatchOf(values, `equal sizes for "${letter}" of "${equation}"`)
    }),
  )
  return [{ dtype: values[0]!.dtype, dims: [...parsed.result].map(letter => sizes.get(letter)!) }]
}

export const linearShapes: Record<string, ShapeRule> = { MatMul: matMul, Gemm: gemm, Einsum: einsum }
