import type { Dim } from '../model/types'

/** Index letters of each operand and of the result; an ellipsis has been replaced by letters of its own. */
export interface EinsumEquation {
  readonly operands: readonly string[]
  readonly result: string
}

/**
 * Reads "bij,bjk->bik", with "..." and without "->" too (then the result has the letters that occur once, in order).
 * @param ranks of the operands
 * @returns undefined where the equation does not fit the ranks
 */
export function parseEinsum(equation: string, ranks: readonly number[]): EinsumEquation | undefined {
  const [left, right] = equation.replace(/\s/g, '').split('->')
  const terms = left!.split(',')
  if (terms.length !== ranks.length) return undefined
  const lettersOf = (term: string): string => term.replace('...', '')
  const hidden = terms.map((term, i) => (term.includes('...') ? ranks[i]! - lettersOf(term).length : 0))
  const used = new Set(equation)
  const free = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter(letter => !used.has(letter))
  const most = Math.max(...hidden)
  const ellipsis = free.slice(0, Math.max(0, most)).join('')
  const operands = terms.map((term, i) => term.replace('...', ellipsis.slice(most - hidden[i]!)))
  if (operands.some((term, i) => term.length !== ranks[i] || hidden[i]! < 0)) return undefined
  const result =
    right === undefined ? implicitResult(terms.map(lettersOf), ellipsis) : right.replace('...', ellipsis)
  const known = [...result].every(letter => operands.some(term => term.includes(letter)))
  return known ? { operands, result } : undefined
}

function implicitResult(terms: readonly string[], ellipsis: string): string {
  const all = [...terms.join('')]
  const once = all.filter(letter => all.indexOf(letter) === all.lastIndexOf(letter)).sort()
  return ellipsis + once.join('')
}

/** The size of each letter: that of the first operand that is not 1. */
export function einsumSizes(
  { operands }: EinsumEquation,
  dims: readonly (readonly Dim[])[],
): ReadonlyMap<string, Dim> {
  const sizes = new Map<string, Dim>()
  operands.forEach((term, operand) =>
    [...term].forEach((letter, axis) => {
      const size = dims[operand]![axis]!
      if (!sizes.has(letter) || sizes.get(letter) === 1) sizes.set(letter, size)
    }),
  )
  return sizes
}
