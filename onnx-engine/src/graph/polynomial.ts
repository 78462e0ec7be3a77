import type { Dim } from '../model/types'

/**
 * A size as a sum of products: from the sorted names of a product, joined by "*" (none: the constant term), to its
 * factor. Equal sizes have equal polynomials however they were computed.
 */
export type Polynomial = ReadonlyMap<string, number>

/** Reads "12", "B", "4*B*T", "(2*T+1)"; what stands in other parentheses, as in "max(A,B)", is one name. */
export function parsePolynomial(dim: Dim): Polynomial {
  if (typeof dim === 'number') return polynomial([['', dim]])
  return split(dim, '*')
    .map(({ text }) => factor(text))
    .reduce(multiply)
}

function factor(text: string): Polynomial {
  if (/^\d+$/.test(text)) return polynomial([['', Number(text)]])
  if (!isEnclosed(text)) return polynomial([[text, 1]])
  return split(text.slice(1, -1), '+-').reduce<Polynomial>(
    (sum, { text: term, sign }) =>
      term === '' ? sum : add(sum, scale(parsePolynomial(term), sign === '-' ? -1 : 1)),
    new Map(),
  )
}

/** Whether the parenthesis that opens a text closes at its end. */
function isEnclosed(text: string): boolean {
  if (!text.startsWith('(')) return false
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return i === text.length - 1
  }
  return false
}

/** Parts a text at separators outside of parentheses; `sign` is the separator before a part. */
function split(text: string, separators: string): { text: string; sign: string }[] {
  const parts = [{ text: '', sign: '' }]
  let depth = 0
  for (const character of text) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (depth === 0 && separators.includes(character)) parts.push({ text: '', sign: character })
    else parts.at(-1)!.text += character
  }
  return parts
}

/** The name of a size in normal form, or the number itself where no name is left. */
export function formatPolynomial(terms: Polynomial): Dim {
  if (terms.size === 0) return 0
  const constant = terms.get('')
  if (terms.size === 1 && constant !== undefined) return constant
  const ordered = [...terms].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
  const text = ordered.map(([names, count], i) => {
    const size = Math.abs(count)
    const body = names === '' ? `${size}` : size === 1 ? names : `${size}*${names}`
    return `${count < 0 ? '-' : i > 0 ? '+' : ''}${body}`
  })
  return terms.size === 1 && ordered[0]![1] > 0 ? text[0]! : `(${text.join('')})`
}

export const add = (left: Polynomial, right: Polynomial): Polynomial => polynomial([...left, ...right])

export const scale = (terms: Polynomial, by: number): Polynomial =>
  polynomial([...terms].map(([names, count]) => [names, count * by]))

export const multiply = (left: Polynomial, right: Polynomial): Polynomial =>
  polynomial(
    [...left].flatMap(([a, m]) =>
      [...right].map(([b, n]): [string, number] => [[...namesOf(a), ...namesOf(b)].sort().join('*'), m * n]),
    ),
  )

/** The exact quotient by division term for term, or undefined where there is a rest. */
export function divide(total: Polynomial, divisor: Polynomial): Polynomial | undefined {
  const lead = leading(divisor)
  if (!lead) return undefined
  let [rest, quotient] = [total, new Map() as Polynomial]
  // Each step takes the leading term away; a bound keeps a division that cannot end from running on.
  for (let step = 0; rest.size > 0; step++) {
    const term = leading(rest)!
    const names = withoutNames(namesOf(term[0]), namesOf(lead[0]))
    if (step > 64 || !names || term[1] % lead[1] !== 0) return undefined
    const part = polynomial([[names.join('*'), term[1] / lead[1]]])
    quotient = add(quotient, part)
    rest = add(rest, scale(multiply(part, divisor), -1))
  }
  return quotient
}

/** The term of most names, the last in the alphabet among those. */
function leading(terms: Polynomial): [string, number] | undefined {
  const order = ([a]: [string, number], [b]: [string, number]): number =>
    namesOf(b).length - namesOf(a).length || (a < b ? 1 : -1)
  return [...terms].sort(order)[0]
}

function withoutNames(names: readonly string[], taken: readonly string[]): string[] | undefined {
  const left = [...names]
  for (const name of taken) {
    const at = left.indexOf(name)
    if (at < 0) return undefined
    left.splice(at, 1)
  }
  return left
}

const namesOf = (product: string): string[] =>
  product === '' ? [] : split(product, '*').map(({ text }) => text)

function polynomial(terms: readonly (readonly [string, number])[]): Polynomial {
  const sum = new Map<string, number>()
  for (const [names, count] of terms) sum.set(names, (sum.get(names) ?? 0) + count)
  for (const [names, count] of sum) if (count === 0) sum.delete(names)
  return sum
}
