import { spawn } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = path.join(__dirname, '../..')
/** As a URL: a program may run in a folder that knows no packages. */
const TSX = pathToFileURL(require.resolve('tsx')).href

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export interface DemoProcess {
  /** Also the number of its process group: it leads one of its own, as under a shell. */
  pid: number
  /** Resolves once it has printed the text; rejects with what it printed if it ends before. */
  printed(text: string): Promise<void>
  /** What it printed on both streams up to now. */
  said(): string
  ended: Promise<Outcome>
}

/** The demo as a user starts it, without npm in between. */
export function startDemo(...args: string[]): DemoProcess {
  return startProcess(path.join(ROOT, 'demo/src/main.ts'), args)
}

/** A program of the repository in a process group of its own. */
export function startProcess(main: string, args: readonly string[], { cwd = ROOT } = {}): DemoProcess {
  const command = ['--import', TSX, main, ...args]
  const child = spawn(process.execPath, command, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve({ code, stdout, stderr }))
  })
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes(text) || stderr.includes(text)) resolve()
      }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
      child.once('exit', code => reject(new Error(`ended with ${code} before "${text}": ${stdout}${stderr}`)))
      look()
    })
  return { pid: child.pid ?? 0, printed, said: () => stdout + stderr, ended }
}
