import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Word } from './epochProcess'
import type { Crash } from './killAtWrite'
import type { Assignment, Done } from './operator'

/** What killAtWrite is told along with the assignment. */
export interface Observed extends Assignment {
  crash?: Crash
  trace?: string
}

interface World {
  /** lets the challenge window pass */
  window(): Promise<void>
  /** at the write that was asked to pause; resolves when the process may go on */
  paused?(): Promise<void>
}

/** A process that has loaded its program and waits for its assignment: loading takes longer than the epoch. */
export class OperatorProcess {
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly ready: Promise<unknown>,
  ) {}

  static spawn(): OperatorProcess {
    const preloads = ['tsx/cjs', join(__dirname, 'killAtWrite.ts')].flatMap(path => ['--require', path])
    const child = spawn(process.execPath, [...preloads, join(__dirname, 'epochProcess.ts')], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    const atExit = (): void => void child.kill('SIGKILL')
    process.once('exit', atExit)
    child.once('exit', () => process.removeListener('exit', atExit))
    return new OperatorProcess(child, once(child, 'message'))
  }

  /** Runs until the epoch is final. @returns undefined when it was killed before */
  async run(assignment: Observed, world: World): Promise<Done | undefined> {
    const { child } = this
    let complaint = ''
    child.stderr!.on('data', (part: Buffer) => (complaint += part.toString()))
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    await Promise.race([this.ready, ended])
    let done: Done | undefined
    child.on('message', (word: Word | { paused: string }) => {
      if ('done' in word) done = word.done
      if ('needs' in word) void world.window().then(() => this.answer())
      if ('paused' in word) void world.paused?.().then(() => this.answer())
    })
    child.send(assignment)
    const [code, signal] = await ended
    if (signal === 'SIGKILL') return undefined
    if (code === 0 && done) return done
    throw new Error(`the operator's process ended with ${code ?? signal}: ${complaint}`)
  }

  end(): void {
    this.child.kill('SIGKILL')
  }

  private answer(): void {
    if (this.child.connected) this.child.send('go')
  }
}
