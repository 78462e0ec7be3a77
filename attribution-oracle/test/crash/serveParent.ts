import { exitCodeOf } from '../../src/exitCode'
import type { Word } from './crashProcess'

export function tell<D>(word: Word<D>): Promise<void> {
  return new Promise(resolve => process.send!(word, undefined, undefined, () => resolve()))
}

/** The child's side of a CrashProcess: says that it is ready, and does the one thing that it is told. */
export function serveParent<A, D>(work: (assignment: A) => Promise<D>): void {
  process.once('message', (assignment: A) => {
    work(assignment)
      .then(done => tell({ done }))
      .then(
        () => process.disconnect(),
        (error: unknown) => {
          console.error(error)
          process.exit(exitCodeOf(error))
        },
      )
  })
  void tell({ ready: true })
}
