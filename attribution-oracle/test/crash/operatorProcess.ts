import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Assignment, Word } from './epochProcess'

/** How a process ended. */
export interface Ending {
  /** by SIGKILL; otherwise it took the epoch to its end */
  killed: boolean
  digest: string | undefined
  transaction: string | undefined
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

  /** Runs until the epoch is final or the process is dead. */
  async run(assignment: Assignment, world: World): Promise<Ending> {
    const { child } = this
    let complaint = ''
    child.stderr!.on('data', (part: Buffer) => (complaint += part.toString()))
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    await Promise.race([this.ready, ended])
    const ending: Ending = { killed: false, digest: undefined, transaction: undefined }
    child.on('message', (word: Word | { paused: string }) => {
      if ('final' in word) Object.assign(ending, { digest: word.final, transaction: word.transaction })
      if ('needs' in word) void world.window().then(() => this.answer())
      if ('paused' in word) void world.paused?.().then(() => this.answer())
    })
    child.send(assignment)
    const [code, signal] = await ended
    if (signal === 'SIGKILL') return { ...ending, killed: true }
    if (code === 0) return ending
    throw new Error(`the operator's process ended with ${code ?? signal}: ${complaint}`)
  }

  end(): void {
    this.child.kill('SIGKILL')
  }

  private answer(): void {
    if (this.child.connected) this.child.send('go')
  }
}
