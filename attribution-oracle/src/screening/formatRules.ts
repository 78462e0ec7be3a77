import type { ReasonCode, ScreeningRules } from '../domain'
import type { Lexemes } from './lexemes'
import { PUNCTUATION_BASE } from './lexemeCodes'
import { percent } from './percent'
import { LEAST_LEXEMES } from './rules'

/** Share of lexemes that may be foreign or unbalanced: real files have none, a template or a cut file has a few. */
const MOST_FAULTS = 0.02
/** Of real Solidity files the leanest has 5 % reserved words and 27 % structure; prose has not both. */
const LEAST_KEYWORDS = 0.02
const LEAST_STRUCTURE = 0.15
const STRUCTURE: ReadonlySet<number> = new Set(
  [...'(){}[];,.='].map(mark => PUNCTUATION_BASE + mark.charCodeAt(0)),
)

export interface FormatFault {
  readonly reason: ReasonCode
  readonly detail: string
}

export function sizeFault(bytes: number, rules: ScreeningRules): FormatFault | undefined {
  if (bytes < rules.minBytes)
    return { reason: 'TOO_SMALL', detail: `${bytes} bytes, at least ${rules.minBytes}` }
  if (bytes > rules.maxBytes)
    return { reason: 'TOO_LARGE', detail: `${bytes} bytes, at most ${rules.maxBytes}` }
  return undefined
}

export function sourceFault(lexemes: Lexemes): FormatFault | undefined {
  const count = lexemes.codes.length
  if (count < LEAST_LEXEMES) {
    return { reason: 'TOO_SMALL', detail: `${count} lexemes of code, at least ${LEAST_LEXEMES}` }
  }
  const faults = (lexemes.foreign + lexemes.unbalanced) / count
  if (faults > MOST_FAULTS) {
    return {
      reason: 'NOT_TEXT',
      detail: `not source: ${percent(faults)} of the lexemes are foreign or unbalanced`,
    }
  }
  const keywords = lexemes.keywords / count
  if (keywords < LEAST_KEYWORDS) {
    return {
      reason: 'NOT_TEXT',
      detail: `not source: ${percent(keywords)} of the lexemes are reserved words`,
    }
  }
  const structure = lexemes.codes.reduce((sum, code) => sum + (STRUCTURE.has(code) ? 1 : 0), 0) / count
  if (structure < LEAST_STRUCTURE) {
    return {
      reason: 'NOT_TEXT',
      detail: `not source: ${percent(structure)} of the lexemes are brackets and the like`,
    }
  }
  return undefined
}
