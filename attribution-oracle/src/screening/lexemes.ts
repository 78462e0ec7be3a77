import { IDENTIFIER_BASE, NUMBER, PUNCTUATION_BASE, STRING, keywordCode } from './lexemeCodes'

export interface Lexemes {
  /** One code per lexeme; codes from IDENTIFIER_BASE on are identifiers, numbered by first occurrence in the file. */
  readonly codes: Int32Array
  readonly identifiers: number
  readonly keywords: number
  /** Characters outside comments and strings that no C-like source holds. */
  readonly foreign: number
  /** Brackets that close nothing, or the wrong thing, and brackets left open. */
  readonly unbalanced: number
}

const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** Comments, white space, then what counts: quoted string, number, word, any other single character. */
const LEXEME =
  /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|\s+|("(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?)|((?:\d|\.\d)[\w.]*)|([A-Za-z_$][\w$]*)|([^])/g

/**
 * Reads C-like source (Solidity and its relatives) into lexeme codes. Comments and white space are dropped; strings and
 * numbers keep their place but not their value; `pragma` and `import` directives are dropped, for they hold no code.
 */
export function readLexemes(text: string): Lexemes {
  const codes = new Int32Array(text.length)
  const numberOf = new Map<string, number>()
  const open: string[] = []
  let length = 0
  let keywords = 0
  let foreign = 0
  let unbalanced = 0
  let directive = false
  let statementStart = true

  for (const [, quoted, number, word, other] of text.matchAll(LEXEME)) {
    let code: number
    if (word !== undefined) {
      if (statementStart && (word === 'pragma' || word === 'import')) directive = true
      const keyword = keywordCode(word)
      if (keyword !== undefined) {
        if (!directive) keywords++
        code = keyword
      } else {
        let identifier = numberOf.get(word)
        if (identifier === undefined && !directive) numberOf.set(word, (identifier = numberOf.size))
        code = IDENTIFIER_BASE + (identifier ?? 0)
      }
    } else if (quoted !== undefined) code = STRING
    else if (number !== undefined) code = NUMBER
    else if (other !== undefined) {
      const unit = other.charCodeAt(0)
      if (unit > 126 || unit < 33 || other === '@' || other === '#' || other === '`' || other === '\\')
        foreign++
      if (other === '(' || other === '[' || other === '{') open.push(other)
      else if (other in OPENING && open.pop() !== OPENING[other]) unbalanced++
      code = PUNCTUATION_BASE + (unit & 127)
    } else continue
    statementStart = other === ';' || other === '}'
    if (!directive) codes[length++] = code
    if (other === ';') directive = false
  }
  return {
    codes: codes.slice(0, length),
    identifiers: numberOf.size,
    keywords,
    foreign,
    unbalanced: unbalanced + open.length,
  }
}
