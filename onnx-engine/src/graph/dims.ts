import type { Dim } from '../model/types'

/**
 * Arithmetic on sizes that may be symbolic. A product is kept in a normal form, a number and sorted names ("4*B*T"), so
 * that equal sizes have equal names however they were computed.
 */
interface Product {
  readonly factor: number
  readonly names: readonly string[]
}

function parse(dim: Dim): Product {
  if (typeof dim === 'number') return { factor: dim, names: [] }
  const parts = splitOutsideParentheses(dim)
  const first = parts[0]!
  return /^\d+$/.test(first) ? { factor: Number(first), names: parts.slice(1) } : { factor: 1, names: parts }
}

function splitOutsideParentheses(name: string): string[] {
  const parts = ['']
  let depth = 0
  for (const character of name) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === '*' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

function format({ factor, names }: Product): Dim {
  if (factor === 0 || names.length === 0) return factor
  const sorted = [...names].sort()
  return (factor === 1 ? sorted : [String(factor), ...sorted]).join('*')
}

export function multiplyDims(dims: readonly Dim[]): Dim {
  const products = dims.map(parse)
  return format({
    factor: products.reduce((factor, product) => factor * product.factor, 1),
    names: products.flatMap(product => product.names),
  })
}

/** The exact quotient, or undefined where it cannot be told from the names. */
export function divideDims(total: Dim, divisor: Dim): Dim | undefined {
  const { factor, names } = parse(total)
  const by = parse(divisor)
  if (by.factor === 0 || factor % by.factor !== 0) return undefined
  const left = [...names]
  for (const name of by.names) {
    const at = left.indexOf(name)
    if (at < 0) return undefined
    left.splice(at, 1)
  }
  return format({ factor: factor / by.factor, names: left })
}

export function addDims(left: Dim, right: Dim): Dim {
  if (left === 0) return right
  if (right === 0) return left
  if (typeof left === 'number' && typeof right === 'number') return left + right
  return `(${[String(left), String(right)].sort().join('+')})`
}

export function subtractDims(left: Dim, right: Dim): Dim {
  if (left === right) return 0
  if (right === 0) return left
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && left.startsWith('(') && left.endsWith(')')) {
    const terms = left.slice(1, -1).split('+')
    if (terms.length === 2 && terms.includes(String(right)) && !left.slice(1, -1).includes('(')) {
      const rest = terms[terms[0] === String(right) ? 1 : 0]!
      return /^\d+$/.test(rest) ? Number(rest) : rest
    }
  }
  return `(${left}-${right})`
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
