import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { solc } from '../solc'
import type { AstNode } from './mutants'

/** The code of one contract as the compiler gives it. */
export interface Code {
  file: string
  contract: string
  bytecode: string
  deployedBytecode: string
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[]
  contracts?: Record<
    string,
    Record<string, { evm: Record<'bytecode' | 'deployedBytecode', { object: string }> }>
  >
  sources?: Record<string, { ast: AstNode }>
}

const EVM = ['evm.bytecode.object', 'evm.deployedBytecode.object']

/** One file after a change. */
export interface Changed {
  file: string
  content: string
}

/**
 * The compiler of the project, for one contract and what it imports. Without the optimizer: the code does the same and
 * is there in a fraction of a second, and what it costs is not what is measured here.
 */
export class Compiler {
  private readonly contents = new Map<string, string>()

  constructor(private readonly root: string) {}

  sourceOf(file: string): string {
    const known = this.contents.get(file)
    if (known !== undefined) return known
    const folder = file.startsWith('contracts/') ? '' : 'node_modules'
    const content = readFileSync(join(this.root, folder, file), 'utf8')
    this.contents.set(file, content)
    return content
  }

  astOf(file: string): AstNode {
    const { sources, errors } = this.run([file], undefined, ['ast'], false)
    if (sources?.[file] === undefined) throw new Error(errors?.[0]?.formattedMessage ?? `no AST of ${file}`)
    return sources[file].ast
  }

  /** The code of the contracts in `files`, one of their sources changed, or undefined when it does not compile. */
  compile(files: readonly string[], changed?: Changed, optimized = false): Code[] | undefined {
    const { contracts = {}, errors = [] } = this.run(files, changed, EVM, optimized)
    if (errors.some(({ severity }) => severity === 'error')) return undefined
    return files.flatMap(file =>
      Object.entries(contracts[file] ?? {})
        .filter(([, { evm }]) => evm.bytecode.object !== '')
        .map(([contract, { evm }]) => ({
          file,
          contract,
          bytecode: `0x${evm.bytecode.object}`,
          deployedBytecode: `0x${evm.deployedBytecode.object}`,
        })),
    )
  }

  private run(
    files: readonly string[],
    changed: Changed | undefined,
    outputs: readonly string[],
    optimized: boolean,
  ): Output {
    const content = (file: string) => (file === changed?.file ? changed.content : this.sourceOf(file))
    const selected = outputs.includes('ast') ? { '': outputs } : { '*': outputs }
    const input = {
      language: 'Solidity',
      sources: Object.fromEntries(files.map(file => [file, { content: content(file) }])),
      settings: {
        evmVersion: 'cancun',
        optimizer: { enabled: optimized, runs: 200 },
        metadata: { appendCBOR: false },
        outputSelection: Object.fromEntries(files.map(file => [file, selected])),
      },
    }
    const callbacks = { import: (file: string) => ({ contents: content(file) }) }
    return JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as Output
  }
}
