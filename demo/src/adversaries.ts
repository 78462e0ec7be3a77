import { CounterStream } from '@open-datanets/onnx-engine'
import type { SourceFile } from './corpus'

const KEYWORDS = new Set(
  (
    'abstract address anonymous as assembly assert bool break bytes calldata case catch constant constructor continue ' +
    'contract default delete do else emit enum error event external fallback false final fixed for from function ' +
    'global if immutable import indexed interface internal is let leave library mapping memory modifier new override ' +
    'payable pragma private public pure receive require return returns revert selfdestruct solidity storage string ' +
    'struct super switch this throw transient true try type unchecked unicode using view virtual while abi block msg tx ' +
    'now keccak256 ecrecover sha256 gasleft blockhash addmod mulmod gas'
  ).split(' '),
)
const ELEMENTARY = /^(u?int|bytes|u?fixed)\d*(x\d+)?$/
const LEXEMES =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_$][\w$]*|0x[0-9a-fA-F_]+|\d[\w.]*|\s+|./g

/** Re-submits somebody's files byte for byte. */
export function copyUnchanged(files: readonly SourceFile[]): SourceFile[] {
  return files.map(file => ({ name: `mirror/${file.name}`, bytes: file.bytes }))
}

/** Re-submits somebody's files with every comment stripped and every name but the language's own words replaced. */
export function copyRenamed(files: readonly SourceFile[], seed: string): SourceFile[] {
  const stream = new CounterStream(seed, ['renamed copy'])
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const rename = (identifier: string): string => {
    let name = names.get(identifier)
    if (name === undefined) names.set(identifier, (name = freshName(stream, taken)))
    return name
  }
  return files.map((file, index) => ({
    name: `rewrite/${index}.sol`,
    bytes: Buffer.from(renameIdentifiers(Buffer.from(file.bytes).toString('utf8'), rename)),
  }))
}

function renameIdentifiers(source: string, rename: (identifier: string) => string): string {
  const out: string[] = []
  for (const [lexeme] of source.matchAll(LEXEMES)) {
    if (lexeme.startsWith('//') || lexeme.startsWith('/*')) continue
    const kept = !/^[A-Za-z_$]/.test(lexeme) || KEYWORDS.has(lexeme) || ELEMENTARY.test(lexeme)
    out.push(kept ? lexeme : rename(lexeme))
  }
  return out
    .join('')
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trimStart()
}

const SYLLABLES = 'ba co de fi gu ha jo ke li mo nu pa qui ro se ta ul ve xo za'.split(' ')

function freshName(stream: CounterStream, taken: Set<string>): string {
  for (;;) {
    const syllables = Array.from({ length: 3 }, () => SYLLABLES[stream.below(SYLLABLES.length)])
    const name = syllables.join('') + stream.below(1000)
    if (!taken.has(name)) return (taken.add(name), name)
  }
}

/**
 * Files that lex as Solidity, brackets balanced, and say nothing: words and marks of real files drawn one by one, so that
 * their frequencies are right and their order is chance.
 */
export function noise(models: readonly SourceFile[], count: number, seed: string): SourceFile[] {
  const stream = new CounterStream(seed, ['noise'])
  const words = models.flatMap(file => Buffer.from(file.bytes).toString('utf8').match(LEXEMES) ?? [])
  const drawn = words.filter(word => !/^(\s|"|'|\/[/*]|[^\x21-\x7e])/.test(word) && word.length <= 24)
  return Array.from({ length: count }, (_, index) => ({
    name: `noise/${index}.sol`,
    bytes: Buffer.from(chanceProgram(stream, drawn)),
  }))
}

const CLOSING = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])
const NOISE_LEXEMES = 700

function chanceProgram(stream: CounterStream, words: readonly string[]): string {
  const out: string[] = ['// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n']
  const open: string[] = []
  for (let i = 0; i < NOISE_LEXEMES; i++) {
    const word = words[stream.below(words.length)] as string
    const closing = CLOSING.get(word)
    if (closing) open.push(closing)
    // a bracket that closes nothing, or the wrong one, closes what is open
    out.push(/^[)\]}]$/.test(word) ? (open.pop() ?? ';') : word, i % 9 === 8 ? '\n' : ' ')
  }
  return out.concat(open.reverse()).join('')
}
