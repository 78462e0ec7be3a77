import { parseSeedOptions } from './seedOptions'
import { Terminal } from '../terminal'
import { compileContracts } from '../compileContracts'

const INTERRUPTED = 130

/** `npm run node:seeded`: a local chain with the protocol and an open epoch on it, for an operator to try. */
async function main(): Promise<number> {
  const options = parseSeedOptions(process.argv.slice(2))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  process.stdout.once('error', () => stop.abort())
  const terminal = new Terminal(process.stdout)
  terminal.print(terminal.bold('A local chain for an oracle operator'))
  try {
    compileContracts(terminal)
    const { runSeededNode } = await import('./runSeededNode.js')
    await runSeededNode(options, terminal, stop.signal)
    return 0
  } catch (error) {
    if (stop.signal.aborted) terminal.print('\ninterrupted; no process is left behind')
    else process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
    return stop.signal.aborted ? INTERRUPTED : 1
  }
}

void main().then(code => process.exit(code))
