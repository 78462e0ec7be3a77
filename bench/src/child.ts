import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { BenchError } from './errors'

/** Runs a program of the bench in a process of its own, so that its time and memory are its own. */
export function startChild(program: string, args: readonly (string | number)[]): ChildProcess {
  const child = fork(path.join(__dirname, program), args.map(String), { stdio: ['ignore', 2, 2, 'ipc'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
  return child
}

/** The first thing that a child says. */
export function firstWord<T>(child: ChildProcess, program: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', message => resolve(message as T))
    child.once('exit', code => reject(new BenchError('CHILD_ENDED', { program, code })))
  })
}

/** Ends a child and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

/** What a child says that has one thing to say. */
export async function askChild<T>(program: string, args: readonly (string | number)[]): Promise<T> {
  const child = startChild(program, args)
  const answer = await firstWord<T>(child, program)
  await endChild(child)
  return answer
}
