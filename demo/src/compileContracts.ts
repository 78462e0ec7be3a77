import { execFileSync } from 'node:child_process'
import path from 'node:path'
import type { Terminal } from './terminal'

const ROOT = path.join(__dirname, '../..')

/** The contracts' typed factories are generated, so they are made before anything that imports them is loaded. */
export function compileContracts(terminal: Terminal): void {
  const started = performance.now()
  const hardhat = require.resolve('hardhat/internal/cli/bootstrap')
  execFileSync(process.execPath, [hardhat, 'compile', '--quiet'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  terminal.fact(`contracts compiled in ${((performance.now() - started) / 1000).toFixed(0)} s`)
}
