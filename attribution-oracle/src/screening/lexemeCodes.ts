export const STRING = 1
export const NUMBER = 2
export const PUNCTUATION_BASE = 128
const KEYWORD_BASE = 256
export const IDENTIFIER_BASE = 1024

/**
 * Words that no author may use as a name, so that a renaming cannot touch them. Globals such as `msg` or `keccak256`
 * and the built-ins of inline assembly are absent on purpose: they may be somebody's name, and what a renaming could
 * change must not count.
 */
const KEYWORDS = [
  ...'abstract anonymous as assembly bool break bytes case calldata catch constant constructor continue'.split(
    ' ',
  ),
  ...'contract default delete do else emit enum error event external fallback false final fixed for from'.split(
    ' ',
  ),
  ...'function hex if immutable import indexed interface internal is let leave library mapping memory'.split(
    ' ',
  ),
  ...'modifier new override payable pragma private public pure receive return returns revert storage'.split(
    ' ',
  ),
  ...'string struct super switch this throw true try type unchecked using var view virtual while'.split(' '),
  ...'address int256 uint256 bytes1'.split(' '),
  ...widths('int', 8, 248, 8),
  ...widths('uint', 8, 248, 8),
  ...widths('bytes', 2, 32, 1),
]

const CODE_OF = new Map(KEYWORDS.map((word, index) => [word, KEYWORD_BASE + index]))
CODE_OF.set('uint', CODE_OF.get('uint256') ?? 0)
CODE_OF.set('int', CODE_OF.get('int256') ?? 0)

/** The code of a reserved word; spellings of one type share a code. */
export function keywordCode(word: string): number | undefined {
  return CODE_OF.get(word)
}

function widths(prefix: string, from: number, to: number, step: number): string[] {
  const count = (to - from) / step + 1
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index * step}`)
}
