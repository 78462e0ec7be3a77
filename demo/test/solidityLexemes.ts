/** Solidity as its reference manual cuts it, written for the tests alone: what is no comment and no white space. */
export function lexemesOf(source: string): { lexemes: string[]; comments: number } {
  const lexemes: string[] = []
  let comments = 0
  let at = 0
  while (at < source.length) {
    const lexeme = lexemeAt(source, at)
    at += lexeme.length
    if (lexeme.startsWith('//') || lexeme.startsWith('/*')) comments++
    else if (lexeme.trim() !== '') lexemes.push(lexeme)
  }
  return { lexemes, comments }
}

function lexemeAt(source: string, start: number): string {
  const [first, second] = [source[start]!, source[start + 1]]
  const upTo = (end: number): string => source.slice(start, end === -1 ? source.length : end)
  if (first === '/' && second === '/') return upTo(source.indexOf('\n', start))
  if (first === '/' && second === '*') return upTo(source.indexOf('*/', start + 2) + 2)
  if (first === '"' || first === "'") {
    let end = start + 1
    while (source[end] !== first) end += source[end] === '\\' ? 2 : 1
    return upTo(end + 1)
  }
  const inside = /[\w$]/.test(first) ? /[\w$]/ : /\s/.test(first) ? /\s/ : undefined
  let end = start + 1
  while (inside !== undefined && end < source.length && inside.test(source[end]!)) end++
  return upTo(end)
}

// The manual's keywords and elementary types, and the global functions and objects whose names carry a meaning.
const RESERVED = new Set(
  `abstract address anonymous as assembly assert bool break bytes calldata case catch constant constructor continue
  contract default delete do else emit enum error event external fallback false final fixed for from function global if
  immutable import indexed interface internal is let leave library mapping memory modifier new override payable pragma
  private public pure receive require return returns revert selfdestruct solidity storage string struct super switch this
  throw transient true try type unchecked unicode using view virtual while abi block msg tx now keccak256 ecrecover sha256
  gasleft blockhash addmod mulmod gas`.split(/\s+/),
)

export function isReserved(word: string): boolean {
  return RESERVED.has(word) || /^(u?int|bytes|u?fixed)\d*(x\d+)?$/.test(word)
}
