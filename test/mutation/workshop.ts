import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Code } from './compiler'

const COPIED = [
  'artifacts',
  'attribution-oracle',
  'bench',
  'cache',
  'contracts',
  'deployments',
  'hardhat.config.ts',
  'package.json',
  'scripts',
  'tasks',
  'test',
  'tsconfig.json',
  'typechain-types',
]

/** A copy of the project in which a contract's code can be exchanged and its tests run, many times over. */
export class Workshop {
  private readonly folder: string
  private readonly restore = new Map<string, string>()

  constructor(root: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'mutation-'))
    for (const name of COPIED) cpSync(join(root, name), join(this.folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'))
  }

  /** Puts code in place of what was built; what was built comes back with the next `install`. */
  install(code: readonly Code[]): void {
    for (const [path, content] of this.restore) writeFileSync(path, content)
    this.restore.clear()
    for (const { file, contract, bytecode, deployedBytecode } of code) {
      const artifact = join(this.folder, 'artifacts', file, `${contract}.json`)
      this.rewrite(artifact, text =>
        JSON.stringify({ ...(JSON.parse(text) as object), bytecode, deployedBytecode }),
      )
      const factory = file.replace(/[^/]*$/, `${contract}__factory.ts`)
      this.rewrite(join(this.folder, 'typechain-types', 'factories', factory), text =>
        text.replace(/const _bytecode =\s*"0x[0-9a-fA-F]*";/, `const _bytecode = "${bytecode}";`),
      )
    }
  }

  /** Whether all tests pass. They stop at the first that fails. */
  async passes(tests: readonly string[], signal: AbortSignal): Promise<boolean> {
    const hardhat = join('node_modules', '.bin', 'hardhat')
    const child = spawn(hardhat, ['test', '--no-compile', '--bail', ...tests], {
      cwd: this.folder,
      stdio: 'ignore',
      signal,
      env: { ...process.env, MUTATION: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', code => resolve(code === 0))
    })
  }

  close(): void {
    if (basename(this.folder).startsWith('mutation-')) rmSync(this.folder, { recursive: true, force: true })
  }

  private rewrite(path: string, change: (text: string) => string): void {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      return
    }
    this.restore.set(path, text)
    writeFileSync(path, change(text))
  }
}
