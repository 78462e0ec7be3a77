import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { solc } from '../solc'
import type { AstNode } from './mutants'

interface Build {
  input: { sources: Record<string, { content: string }>; settings: { outputSelection?: unknown } }
}

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
  sources: Record<string, { ast: AstNode }>
}

/** The compiler of the project with the settings of its last build, for one changed file at a time. */
export class Compiler {
  private readonly importedBy = new Map<string, Set<string>>()
  readonly asts = new Map<string, AstNode>()

  private constructor(private readonly input: Build['input']) {
    const { sources } = this.run(input.sources, { '*': { '': ['ast'] } })
    for (const [file, { ast }] of Object.entries(sources)) {
      this.asts.set(file, ast)
      for (const node of ast['nodes'] as AstNode[]) {
        if (node.nodeType !== 'ImportDirective') continue
        const imported = String(node['absolutePath'])
        this.importedBy.set(imported, (this.importedBy.get(imported) ?? new Set()).add(file))
      }
    }
  }

  /** The settings and sources of the newest full build in a project's artifacts, its own contracts as they are now. */
  static ofProject(root: string): Compiler {
    const folder = join(root, 'artifacts', 'build-info')
    const builds = readdirSync(folder).map(name => join(folder, name))
    const sources: Record<string, { content: string }> = {}
    let settings: Build['input']['settings'] = {}
    let first: Build['input'] | undefined
    for (const path of builds.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)) {
      const { input } = JSON.parse(readFileSync(path, 'utf8')) as Build
      Object.assign(sources, input.sources)
      settings = input.settings
      first = input
    }
    for (const file of Object.keys(sources)) {
      if (file.startsWith('contracts/')) {
        try {
          sources[file] = { content: readFileSync(join(root, file), 'utf8') }
        } catch {
          delete sources[file]
        }
      }
    }
    return new Compiler({ ...first!, sources, settings })
  }

  sourceOf(file: string): string {
    return this.input.sources[file]!.content
  }

  /** The code of every contract that the changed file is part of, or undefined when it does not compile. */
  compile(file: string, content: string): Code[] | undefined {
    const files = [...this.withDependants(file)].filter(name => name.startsWith('contracts/'))
    const evm = ['evm.bytecode.object', 'evm.deployedBytecode.object']
    const selection = Object.fromEntries(files.map(name => [name, { '*': evm }]))
    const output = this.run({ ...this.input.sources, [file]: { content } }, selection)
    if (output.errors?.some(({ severity }) => severity === 'error')) return undefined
    return Object.entries(output.contracts ?? {}).flatMap(([name, contracts]) =>
      Object.entries(contracts)
        .filter(([, { evm: code }]) => code.bytecode.object !== '')
        .map(([contract, { evm: code }]) => ({
          file: name,
          contract,
          bytecode: `0x${code.bytecode.object}`,
          deployedBytecode: `0x${code.deployedBytecode.object}`,
        })),
    )
  }

  private withDependants(file: string, found = new Set<string>()): Set<string> {
    if (found.has(file)) return found
    found.add(file)
    for (const dependant of this.importedBy.get(file) ?? []) this.withDependants(dependant, found)
    return found
  }

  private run(sources: Build['input']['sources'], outputSelection: unknown): Output {
    const input = { ...this.input, sources, settings: { ...this.input.settings, outputSelection } }
    return JSON.parse(solc.compile(JSON.stringify(input))) as Output
  }
}
