import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Code } from './compiler'

/** The built code of a copy of the project, exchanged and put back. */
export class Installation {
  private readonly restore = new Map<string, string>()

  constructor(private readonly folder: string) {}

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
