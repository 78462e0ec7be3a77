import { Command, CommanderError } from 'commander'
import { OnnxEngineError } from '../errors'
import { addCheck } from './checkCommand'
import { EXIT, exitCodeOf } from './exitCode'
import { addGradients } from './gradientsCommand'
import type { Terminal } from './terminal'

/** Runs one command line (without the program's name) and returns the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.done
  const exit = (given: number): void => {
    code = given
  }
  const program = new Command('onnx-engine')
    .description('Checks and writes gradients of ONNX models.')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.out.write(text),
      writeErr: text => terminal.err.write(text),
    })
  addCheck(program, terminal, exit)
  addGradients(program, terminal, exit)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.caller
    if (!(error instanceof OnnxEngineError)) {
      terminal.err.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      return EXIT.unexpected
    }
    terminal.err.write(`${error.code}: ${error.message}\n`)
    return exitCodeOf(error)
  }
}
