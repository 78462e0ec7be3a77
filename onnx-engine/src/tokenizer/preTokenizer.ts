import { invalid, objectAt, type Json } from './invalid'
import { PIECE } from './pieces'
import { splitPattern } from './splitPattern'

/** One cut of a text: matches and what lies between them are pieces. */
interface Cut {
  readonly pattern: RegExp
  /** What lies between the matches would be lost. */
  readonly isWhole: boolean
  readonly field: string
}

const DIGITS = /\p{N}+/gu
const DIGIT = /\p{N}/gu

/**
 * Reads `pre_tokenizer`: ByteLevel, or a Sequence of Split and Digits that ends in ByteLevel. Undefined stands for
 * GPT-2's split alone. Throws INVALID_TOKENIZER.
 */
export function readPreTokenizer(document: Json): ((text: string) => string[]) | undefined {
  const root = objectAt(document, 'pre_tokenizer')
  const isSequence = root.type === 'Sequence'
  const steps = isSequence ? root.pretokenizers : [root]
  if (!Array.isArray(steps) || steps.length === 0)
    invalid('pre_tokenizer.pretokenizers', steps, 'a list that ends in ByteLevel')
  const cuts: Cut[] = steps.flatMap((_, i) => {
    const field = isSequence ? `pre_tokenizer.pretokenizers[${i}]` : 'pre_tokenizer'
    return readStep(objectAt(steps as unknown as Json, `${i}`, field), field, i === steps.length - 1)
  })
  if (cuts.length === 1 && cuts[0]!.pattern === PIECE) return undefined
  return text => cuts.reduce((pieces, cut) => pieces.flatMap(piece => cutUp(piece, cut)), [text])
}

function readStep(step: Json, field: string, isLast: boolean): Cut[] {
  const cut = (pattern: RegExp, isWhole = false): Cut[] => [{ pattern, isWhole, field }]
  if (isLast !== (step.type === 'ByteLevel'))
    invalid(`${field}.type`, step.type, isLast ? '"ByteLevel"' : '"Split" or "Digits" before the last')
  if (step.type === 'ByteLevel') {
    // The added space would come back with the text.
    if (step.add_prefix_space !== false) invalid(`${field}.add_prefix_space`, step.add_prefix_space, 'false')
    return step.use_regex === false ? [] : cut(PIECE)
  }
  if (step.type === 'Digits') return cut(step.individual_digits === true ? DIGIT : DIGITS)
  if (step.type !== 'Split') invalid(`${field}.type`, step.type, '"Split" or "Digits"')
  const { Regex: regex, String: text } = objectAt(step, 'pattern', `${field}.pattern`)
  if (typeof regex !== 'string' && typeof text !== 'string')
    invalid(`${field}.pattern`, step.pattern, 'a Regex or a String')
  const pattern =
    typeof regex === 'string'
      ? splitPattern(regex, `${field}.pattern.Regex`)
      : new RegExp(escaped(text as string), 'gu')
  if (step.behavior === 'Isolated') return cut(pattern)
  if (step.behavior === 'Removed' && step.invert === true) return cut(pattern, true)
  return invalid(`${field}.behavior`, step.behavior, '"Isolated", or "Removed" with invert')
}

const escaped = (text: string): string => text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&')

function cutUp(text: string, { pattern, isWhole, field }: Cut): string[] {
  const pieces: string[] = []
  let end = 0
  const between = (start: number): void => {
    if (start === end) return
    if (isWhole) invalid(`${field}.pattern`, text.slice(end, start), 'a pattern that leaves no text out')
    pieces.push(text.slice(end, start))
  }
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') continue
    between(match.index)
    pieces.push(match[0])
    end = match.index + match[0].length
  }
  between(text.length)
  return pieces
}
