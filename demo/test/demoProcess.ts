import { spawn } from 'node:child_process'
import path from 'node:path'

const ROOT = path.join(__dirname, '../..')

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
  ended: Promise<Outcome>
}

/** The demo as a user starts it, without npm in between. */
export function startDemo(...args: string[]): DemoProcess {
  const command = ['--import', 'tsx', path.join(ROOT, 'demo/src/main.ts'), ...args]
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
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
        if (stdout.includes(text)) resolve()
      }
      child.stdout.on('data', look)
      child.once('exit', code => reject(new Error(`ended with ${code} before "${text}": ${stdout}${stderr}`)))
      look()
    })
  return { pid: child.pid ?? 0, printed, ended }
}
