import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { solc } from '../solc'
import type { AstNode } from './mutants'

type Sources = Record<string, { content: string }>
type Settings = Record<string, unknown>

interface Build {
  input: { sources: Sources; settings: Settings }
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

  private constructor(
    private readonly sources: Sources,
    private readonly settings: ReadonlyMap<string, Settings>,
    private readonly usual: Settings,
  ) {
    const output = this.run(sources, usual, { '*': { '': ['ast'] } })
    for (const [file, { ast }] of Object.entries(output.sources)) {
      this.asts.set(file, ast)
      for (const node of ast['nodes'] as AstNode[]) {
        if (node.nodeType !== 'ImportDirective') continue
        const imported = String(node['absolutePath'])
        this.importedBy.set(imported, (this.importedBy.get(imported) ?? new Set()).add(file))
      }
    }
  }

  /** The sources of a project as they are now, each with the settings that its artifacts were built with. */
  static ofProject(root: string): Compiler {
    const folder = join(root, 'artifacts', 'build-info')
    const sources: Sources = {}
    const settings = new Map<string, Settings>()
    let usual: Settings = {}
    for (const name of readdirSync(folder)) {
      const { input } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Build
      Object.assign(sources, input.sources)
      if (input.settings['viaIR'] !== true) usual = input.settings
    }
    for (const file of Object.keys(sources).filter(name => name.startsWith('contracts/'))) {
      if (!existsSync(join(root, file))) {
        delete sources[file]
        continue
      }
      sources[file] = { content: readFileSync(join(root, file), 'utf8') }
      const build = buildOf(join(root, 'artifacts', file))
      if (build !== undefined) settings.set(file, build.input.settings)
    }
    return new Compiler(sources, settings, usual)
  }

  sourceOf(file: string): string {
    return this.sources[file]!.content
  }

  /** The code of every contract that the changed file is part of, or undefined when it does not compile. */
  compile(file: string, content: string): Code[] | undefined {
    const sources = { ...this.sources, [file]: { content } }
    const code: Code[] = []
    for (const [settings, files] of this.groups(file)) {
      const evm = ['evm.bytecode.object', 'evm.deployedBytecode.object']
      const output = this.run(sources, settings, Object.fromEntries(files.map(name => [name, { '*': evm }])))
      if (output.errors?.some(({ severity }) => severity === 'error')) return undefined
      code.push(...codeOf(output))
    }
    return code
  }

  /** The contracts to compile anew, by the settings that they are built with. */
  private groups(file: string): Map<Settings, string[]> {
    const groups = new Map<string, [Settings, string[]]>()
    for (const name of this.withDependants(file)) {
      if (!name.startsWith('contracts/')) continue
      const settings = this.settings.get(name) ?? this.usual
      const key = JSON.stringify({ ...settings, outputSelection: undefined })
      const [, files] = groups.get(key) ?? groups.set(key, [settings, []]).get(key)!
      files.push(name)
    }
    return new Map(groups.values())
  }

  private withDependants(file: string, found = new Set<string>()): Set<string> {
    if (found.has(file)) return found
    found.add(file)
    for (const dependant of this.importedBy.get(file) ?? []) this.withDependants(dependant, found)
    return found
  }

  private run(sources: Sources, settings: Settings, outputSelection: object): Output {
    const input = { language: 'Solidity', sources, settings: { ...settings, outputSelection } }
    return JSON.parse(solc.compile(JSON.stringify(input))) as Output
  }
}

function codeOf({ contracts = {} }: Output): Code[] {
  return Object.entries(contracts).flatMap(([file, inFile]) =>
    Object.entries(inFile)
      .filter(([, { evm }]) => evm.bytecode.object !== '')
      .map(([contract, { evm }]) => ({
        file,
        contract,
        bytecode: `0x${evm.bytecode.object}`,
        deployedBytecode: `0x${evm.deployedBytecode.object}`,
      })),
  )
}

function buildOf(folder: string): Build | undefined {
  const name = existsSync(folder) ? readdirSync(folder).find(file => file.endsWith('.dbg.json')) : undefined
  if (name === undefined) return undefined
  const { buildInfo } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { buildInfo: string }
  return JSON.parse(readFileSync(join(folder, buildInfo), 'utf8')) as Build
}
