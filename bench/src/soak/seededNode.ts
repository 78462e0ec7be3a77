import { spawn, type ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { BenchError } from '../errors'

const ROOT = path.join(__dirname, '../../..')
/** More than fit into any soak. */
const EPOCHS = 1000

/** The chain of `npm run node:seeded`, a process of its own: a block a second, and epoch after epoch is opened. */
export interface SeededNode {
  rpcUrl: string
  /** of the deployment record */
  record: string
  operatorKey: string
  stop(): Promise<void>
}

export async function startSeededNode(): Promise<SeededNode> {
  const network = `seeded-soak-${process.pid}`
  const args = ['--port', 0, '--fast', '--epochs', EPOCHS, '--network', network]
  const child = startProgram('demo/src/seededNode/main.ts', args)
  const folder = path.join(ROOT, 'deployments', network)
  const stop = async (): Promise<void> => {
    await endProgram(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const told = await toldUntil(child, /next +npm run oracle/)
    const of = (pattern: RegExp): string => pattern.exec(told)?.[1] ?? ''
    const record = path.resolve(ROOT, of(/record +(\S+)/))
    return { rpcUrl: of(/chain +(http\S+?),/), record, operatorKey: of(/key (0x[0-9a-f]{64})/), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * A program of this repository as a user starts it, without npm in between.
 * @param settings of its environment where this process has none of that name
 */
export function startProgram(
  file: string,
  args: readonly (string | number)[],
  settings: Readonly<Record<string, string>> = {},
): ChildProcess {
  const command = ['--import', 'tsx', path.join(ROOT, file), ...args.map(String)]
  const env = { ...settings, ...process.env }
  const child = spawn(process.execPath, command, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
  return child
}

export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

function toldUntil(child: ChildProcess, last: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = ''
    const listen = (line: string): void => {
      told += `${line}\n`
      if (last.test(line)) resolve(told)
    }
    for (const stream of [child.stdout!, child.stderr!]) createInterface(stream).on('line', listen)
    child.once('exit', code => reject(new BenchError('CHILD_ENDED', { program: 'node:seeded', code })))
  })
}
