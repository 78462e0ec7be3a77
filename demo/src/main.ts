import { compileContracts } from './compileContracts'
import { parseOptions } from './options'
import { Terminal } from './terminal'

const INTERRUPTED = 130

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  // the reader went away, as in `| head`
  process.stdout.once('error', () => stop.abort())
  const terminal = new Terminal(options.json ? process.stderr : process.stdout)
  terminal.print(terminal.bold('Open Datanets: from contributions to claims'))
  try {
    compileContracts(terminal)
    const { runDemo } = await import('./runDemo.js')
    const report = await runDemo(options, terminal, stop.signal)
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
    return report.checks.every(({ passed }) => passed) ? 0 : 1
  } catch (error) {
    if (stop.signal.aborted) terminal.print('\ninterrupted; no process is left behind')
    else
      process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return stop.signal.aborted ? INTERRUPTED : 1
  }
}

// A chapter that did not unwind in time may still hold threads: they end with the process.
void main().then(code => process.exit(code))
