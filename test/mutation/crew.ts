import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { copyOf, remove, restoreBuild } from './copy'
import type { Answer, Question } from './worker'

// A mutant may make a loop endless, or a test wait for what never comes.
const TIMEOUT = 120_000
// Each run leaves a little behind in the process: after some of them a new one is quicker.
const RUNS = 60

/** One process that answers questions one after the other, replaced when it hangs or is worn. */
export class Worker {
  private readonly folder: string
  private child: ChildProcess | undefined
  private runs = 0

  constructor(private readonly root: string) {
    this.folder = copyOf(root)
  }

  /** A process that ends counts only when it does so twice: then the mutant is what ends it. */
  async ask(question: Question): Promise<Answer> {
    return (
      (await this.askOnce(question)) ??
      (await this.askOnce(question)) ?? { outcome: 'killed', by: 'the end of the process' }
    )
  }

  private async askOnce(question: Question): Promise<Answer | undefined> {
    if (this.runs++ % RUNS === 0) this.stop()
    const child = (this.child ??= this.start())
    return new Promise(resolve => {
      const hanging = setTimeout(() => {
        this.stop()
        resolve({ outcome: 'killed', by: `no end in ${TIMEOUT / 1000} seconds` })
      }, TIMEOUT)
      const lost = () => {
        clearTimeout(hanging)
        this.stop()
        resolve(undefined)
      }
      child.once('exit', lost)
      child.once('message', (answer: Answer) => {
        clearTimeout(hanging)
        child.off('exit', lost)
        resolve(answer)
      })
      child.send(question)
    })
  }

  close(): void {
    this.stop()
    remove(this.folder)
  }

  private start(): ChildProcess {
    restoreBuild(this.root, this.folder)
    return fork(join(__dirname, 'worker.ts'), [], {
      cwd: this.folder,
      env: { ...process.env, MUTATION: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  private stop(): void {
    this.child?.removeAllListeners()
    this.child?.kill('SIGKILL')
    this.child = undefined
  }
}
