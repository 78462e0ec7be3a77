import { invalid } from './invalid'

/** White_Space, because JavaScript's `\s` differs from Unicode's in two code points. */
const CLASSES: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  r: '\\r',
  n: '\\n',
  t: '\\t',
  f: '\\f',
  v: '\\v',
}
const SYNTAX = /[\^$\\.*+?()[\]{}|/-]/
/** Letters that ignore case with an ASCII letter, and are none: U+017F with s, U+212A with k. */
const FOLDED: Readonly<Record<string, string>> = { s: '\\u017f', k: '\\u212a' }

/**
 * The pattern of a `Split` (Oniguruma's syntax, as the Hugging Face library reads it) as a JavaScript expression that
 * matches the same. Throws INVALID_TOKENIZER on what has no such expression or another meaning: atomic groups, line
 * anchors, set operations, POSIX classes.
 */
export function splitPattern(source: string, field: string): RegExp {
  const refuse = (what: string): never => invalid(field, source, `a pattern without ${what}`)
  let at = 0
  let inClass = false
  /** Whether case is ignored, in every group that is open. */
  const cases: boolean[] = [false]
  let out = ''
  /** Where in `out` the last character, class or group begins, and the groups that are open. */
  let atom = 0
  const opened: number[] = []
  let possessives = 0

  const escape = (): string => {
    const letter = source[++at] ?? refuse('a backslash at its end')
    at++
    if (CLASSES[letter]) return CLASSES[letter]
    if (letter === 'p' || letter === 'P') {
      if (cases.at(-1)) refuse('ignored case of properties')
      const name = /^\{(\^?)([\w ]+)\}/.exec(source.slice(at)) ?? refuse(`\\${letter} without a name`)
      at += name[0].length
      const negated = (letter === 'P') !== (name[1] === '^')
      return propertyOf(name[2]!, negated) ?? refuse(`the property ${name[2]}`)
    }
    if (letter === 'u' || letter === 'x') {
      const code = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/.exec(source.slice(at))
      const short = letter === 'x' ? /^([0-9a-fA-F]{2})/.exec(source.slice(at)) : null
      const found = code && (letter === 'u' || code[1]) ? code : short
      if (!found) return refuse(`\\${letter} without a code`)
      at += found[0].length
      return `\\u{${found[1] ?? found[2]}}`
    }
    if (/[A-Za-z0-9]/.test(letter)) refuse(`\\${letter}`)
    return literal(letter)
  }
  const literal = (character: string): string => {
    const lower = character.toLowerCase()
    if (!cases.at(-1) || lower === character.toUpperCase())
      return SYNTAX.test(character) ? (inClass || character !== '-' ? `\\${character}` : '-') : character
    const isRange = source[at + character.length] === '-' || source[at - 1] === '-'
    if (!/[a-z]/.test(lower) || (inClass && isRange)) refuse('ignored case of ranges or beyond ASCII')
    const both = `${lower}${character.toUpperCase()}${FOLDED[lower] ?? ''}`
    return inClass ? both : `[${both}]`
  }
  const group = (): string => {
    const opening = /^\((?:\?(?:(i):|:|=|!|<=|<!))?/.exec(source.slice(at))![0]
    if (opening === '(' && source[at + 1] === '?')
      refuse('groups other than (?:, (?i:, (?=, (?!, (?<= and (?<!')
    at += opening.length
    cases.push(cases.at(-1)! || opening === '(?i:')
    return opening === '(?i:' || opening === '(' ? '(?:' : opening
  }
  const quantifier = (): string => {
    const found = /^(?:[*+?]|\{\d*,?\d*\})\??/.exec(source.slice(at))![0]
    at += found.length
    const repeated = out.slice(atom) + found.replace(/^\{,/, '{0,')
    if (!/^[+*]/.test(source.slice(at))) return repeated
    if (source[at] === '*' || found.length > 1) refuse('quantifiers of quantifiers')
    // Possessive: what a lookahead has taken is not given back.
    at++
    const name = `p${possessives++}`
    return `(?=(?<${name}>${repeated}))\\k<${name}>`
  }

  while (at < source.length) {
    const character = String.fromCodePoint(source.codePointAt(at)!)
    if (inClass) {
      if (character === '\\') {
        out += escape()
        continue
      }
      if (character === '[' || source.startsWith('&&', at)) refuse('sets inside of sets')
      if (character === ']') inClass = false
      // A hyphen between two characters is a range in both syntaxes.
      out += /[\]^-]/.test(character) ? character : literal(character)
      at += character.length
      continue
    }
    if (/[*+?]/.test(character) || /^\{\d*,?\d*\}/.test(source.slice(at))) {
      const repeated = quantifier()
      out = out.slice(0, atom) + repeated
      continue
    }
    if (character === '^' || character === '$') refuse('anchors')
    atom = out.length
    if (character === '\\') out += escape()
    else if (character === '(') {
      opened.push(atom)
      out += group()
    } else {
      if (character === ')') {
        cases.pop()
        atom = opened.pop() ?? refuse('a closed group that was never opened')
      }
      inClass = character === '['
      const isSyntax = /[)|[]/.test(character)
      out += character === '.' ? '[^\\n]' : isSyntax ? character : literal(character)
      at += character.length
    }
  }
  try {
    return new RegExp(out, 'gu')
  } catch {
    return refuse('faults')
  }
}

function propertyOf(name: string, negated: boolean): string | undefined {
  for (const form of [name, `Script=${name}`]) {
    const property = `\\${negated ? 'P' : 'p'}{${form}}`
    try {
      new RegExp(property, 'u')
      return property
    } catch {
      continue
    }
  }
  return undefined
}
