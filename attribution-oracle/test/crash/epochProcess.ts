// An operator in a process of its own: it loads its program, says so, gets its assignment, and works until it is done or dead.
// What the world has to do in between it asks of its parent.
import { exitCodeOf } from '../../src/exitCode'
import { operate, type Assignment, type Done } from './operator'

/** What it tells its parent. */
export type Word = { ready: true } | { needs: 'window' } | { done: Done }

function tell(word: Word): Promise<void> {
  return new Promise(resolve => process.send!(word, undefined, undefined, () => resolve()))
}

async function window(): Promise<void> {
  await tell({ needs: 'window' })
  await new Promise(resolve => process.once('message', resolve))
}

process.once('message', (assignment: Assignment) => {
  operate(assignment, window)
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
