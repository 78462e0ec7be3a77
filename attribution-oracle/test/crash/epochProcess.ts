// An operator in a process of its own: it loads its program, says so, gets its assignment, and works until it is done or dead.
// What the world has to do in between it asks of its parent.
import { operate, type Assignment } from './operator'
import { serveParent, tell } from './serveParent'

async function window(): Promise<void> {
  await tell({ needs: 'window' })
  await new Promise(resolve => process.once('message', resolve))
}

serveParent((assignment: Assignment) => operate(assignment, window))
