import type { Dim } from '../model/types'
import { add, divide, formatPolynomial, multiply, parsePolynomial, scale } from './polynomial'

/** Arithmetic on sizes that may be names ('B'), and sums of products of names ('(2*B*T+1)'). */
export const multiplyDims = (dims: readonly Dim[]): Dim =>
  dims.every(dim => typeof dim === 'number')
    ? dims.reduce((product, dim) => product * dim, 1)
    : formatPolynomial(dims.map(parsePolynomial).reduce(multiply))

/** The exact quotient, or undefined where it cannot be told from the names. */
export function divideDims(total: Dim, divisor: Dim): Dim | undefined {
  if (divisor === 0) return undefined
  if (typeof total === 'number' && typeof divisor === 'number')
    return total % divisor === 0 ? total / divisor : undefined
  const quotient = divide(parsePolynomial(total), parsePolynomial(divisor))
  return quotient && formatPolynomial(quotient)
}

/** The quotient rounded down; one that is not exact gets a name of its own. */
export function floorDivideDims(total: Dim, divisor: Dim): Dim {
  if (typeof total === 'number' && typeof divisor === 'number') return Math.floor(total / divisor)
  return divideDims(total, divisor) ?? `floor(${total}/${divisor})`
}

export function addDims(left: Dim, right: Dim): Dim {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  return formatPolynomial(add(parsePolynomial(left), parsePolynomial(right)))
}

export function subtractDims(left: Dim, right: Dim): Dim {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return formatPolynomial(add(parsePolynomial(left), scale(parsePolynomial(right), -1)))
}

/**
 * The size of a dimension under broadcasting, or undefined where the two can never fit. Two different names may still
 * be broadcast when the graph runs (one of them is 1 then), so their result gets a name of its own.
 */
export function broadcastDim(left: Dim, right: Dim): Dim | undefined {
  if (left === right || right === 1) return left
  if (left === 1) return right
  if (typeof left === 'number') return typeof right === 'number' ? undefined : left
  if (typeof right === 'number') return right
  return `max(${[left, right].sort().join(',')})`
}

export function broadcastDims(left: readonly Dim[], right: readonly Dim[]): Dim[] | undefined {
  const rank = Math.max(left.length, right.length)
  const dims: Dim[] = []
  for (let i = 0; i < rank; i++) {
    const dim = broadcastDim(left[left.length - rank + i] ?? 1, right[right.length - rank + i] ?? 1)
    if (dim === undefined) return undefined
    dims.push(dim)
  }
  return dims
}

export const isStatic = (dims: readonly Dim[]): dims is readonly number[] =>
  dims.every(dim => typeof dim === 'number')

export const sameDims = (left: readonly Dim[], right: readonly Dim[]): boolean =>
  left.length === right.length && left.every((dim, i) => dim === right[i])

export const formatDims = (dims: readonly Dim[]): string => `[${dims.join(',')}]`
