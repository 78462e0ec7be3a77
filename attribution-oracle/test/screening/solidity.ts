import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Public Solidity that the development dependencies bring along: real work by eight groups of authors. */
export const PACKAGES = {
  openzeppelin: '@openzeppelin/contracts',
  solady: 'solady/src',
  solmate: 'solmate/src',
  solidstate: '@solidstate/contracts',
  aave: '@aave/core-v3/contracts',
  prb: '@prb/math/src',
  erc721a: 'erc721a/contracts',
  forge: 'forge-std',
} as const

export type PackageName = keyof typeof PACKAGES

export interface SourceFile {
  readonly author: PackageName
  readonly path: string
  readonly text: string
}

const MODULES = join(dirname(require.resolve('typescript/package.json')), '..')

/** Every .sol file of a package, in the order of the paths. */
export function sourcesOf(author: PackageName): SourceFile[] {
  const root = join(MODULES, PACKAGES[author])
  return (readdirSync(root, { recursive: true }) as string[])
    .filter(path => path.endsWith('.sol') && !path.includes('artifacts'))
    .sort()
    .map(path => ({ author, path, text: readFileSync(join(root, path), 'utf8') }))
}

const RESERVED = new Set(
  (
    'abstract anonymous as assembly bool break bytes case calldata catch constant constructor continue contract ' +
    'default delete do else emit enum error event external fallback false final fixed for from function hex if ' +
    'immutable import indexed interface internal is let leave library mapping memory modifier new override payable ' +
    'pragma private public pure receive return returns revert storage string struct super switch this throw true ' +
    'try type unchecked using var view virtual while address'
  ).split(' '),
)

const PARTS =
  /\/\/[^\n]*|\/\*[^]*?\*\/|("(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|(\b\d[\w.]*)|([A-Za-z_$][\w$]*)/g

/** The copier's tool: comments gone, every name replaced consistently, line breaks changed. */
export function renamedCopy(text: string, prefix: string): string {
  const names = new Map<string, string>()
  const renamed = text.replace(PARTS, (_, quoted?: string, number?: string, word?: string) => {
    if (quoted !== undefined) return quoted
    if (number !== undefined) return number
    if (word === undefined) return ' '
    if (RESERVED.has(word) || /^(u?int|bytes)\d*$/.test(word)) return word
    const name = names.get(word) ?? `${prefix}${names.size}`
    names.set(word, name)
    return name
  })
  return renamed.replace(/\s+/g, space => (space.includes('\n') ? '\n' : ' '))
}
