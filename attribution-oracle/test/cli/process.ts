import { spawn } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(__dirname, '../../src/main.ts')

const LOADED = ['--require', require.resolve('tsx/cjs'), MAIN]

/** The command as a shell takes it. */
export function commandLine(args: readonly string[]): string {
  return [process.execPath, ...LOADED, ...args].map(word => `'${word}'`).join(' ')
}

export interface Ended {
  code: number | null
  out: string
  err: string
}

export interface Running {
  /** Resolves once stdout or stderr holds the text; rejects with what was printed if the process ends before. */
  printed(text: string): Promise<void>
  /** What it printed on both streams up to now. */
  said(): string
  kill(signal: NodeJS.Signals): void
  ended: Promise<Ended>
}

export interface ProcessOptions {
  cwd?: string
  env?: Readonly<Record<string, string>>
}

/** The command as an operator starts it, without npm in between, and with no setting of this machine. */
export function start(args: readonly string[], { cwd, env = {} }: ProcessOptions = {}): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ORACLE_'))
  const child = spawn(process.execPath, [...LOADED, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, ...said }))
  })
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (said.out.includes(text) || said.err.includes(text)) resolve()
      }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
      child.once('close', code =>
        reject(new Error(`ended with ${code} before "${text}": ${said.out}${said.err}`)),
      )
      look()
    })
  return { printed, said: () => said.out + said.err, kill: signal => void child.kill(signal), ended }
}

/** Runs a command to its end. */
export function run(args: readonly string[], options?: ProcessOptions): Promise<Ended> {
  return start(args, options).ended
}

/** The events of a stream of JSON lines. */
export function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
}
