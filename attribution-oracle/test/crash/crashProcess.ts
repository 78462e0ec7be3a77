import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Traced } from './killAtWrite'

/** What a process tells its parent; `D` is what it comes to. */
export type Word<D> = { ready: true } | { needs: 'window' } | { paused: string } | { done: D }

interface World {
  /** lets the challenge window pass */
  window?(): Promise<void>
  /** at the write that was asked to pause; resolves when the process may go on */
  paused?(): Promise<void>
}

/** A process that has loaded its program and waits for its assignment: loading takes longer than the work. */
export class CrashProcess<A extends object, D> {
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly ready: Promise<unknown>,
  ) {}

  /** @param script beside this file; it answers an assignment with words */
  static spawn<A extends object, D>(script: string): CrashProcess<A, D> {
    const preloads = ['tsx/cjs', join(__dirname, 'killAtWrite.ts')].flatMap(path => ['--require', path])
    const child = spawn(process.execPath, [...preloads, join(__dirname, script)], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    const atExit = (): void => void child.kill('SIGKILL')
    process.once('exit', atExit)
    child.once('exit', () => process.removeListener('exit', atExit))
    return new CrashProcess<A, D>(child, once(child, 'message'))
  }

  /** Runs until the work is done. @returns undefined when it was killed before */
  async run(assignment: A & Traced, world: World = {}): Promise<D | undefined> {
    const { child } = this
    let complaint = ''
    child.stderr!.on('data', (part: Buffer) => (complaint += part.toString()))
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    await Promise.race([this.ready, ended])
    let done: D | undefined
    child.on('message', (word: Word<D>) => {
      if ('done' in word) done = word.done
      if ('needs' in word) void world.window?.().then(() => this.answer())
      if ('paused' in word) void world.paused?.().then(() => this.answer())
    })
    child.send(assignment)
    const [code, signal] = await ended
    if (signal === 'SIGKILL') return undefined
    if (code === 0 && done !== undefined) return done
    throw new Error(`the process ended with ${code ?? signal}: ${complaint}`)
  }

  end(): void {
    this.child.kill('SIGKILL')
  }

  private answer(): void {
    if (this.child.connected) this.child.send('go')
  }
}
