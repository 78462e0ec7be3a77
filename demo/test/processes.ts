import { execFileSync } from 'node:child_process'

export interface RunningProcess {
  pid: number
  command: string
}

/**
 * What runs now as a child of a process (`ppid`) or in its process group (`pgid`). The listing itself is left out, and
 * so is what has ended already and only waits for its parent to notice.
 */
export function processesOf(relation: 'ppid' | 'pgid', of: number): RunningProcess[] {
  const listing = execFileSync('ps', ['-A', '-o', `${relation}=,pid=,stat=,args=`], { encoding: 'utf8' })
  return listing
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\d+)\s+([^Z\s]\S*)\s+(.*)$/.exec(line))
    .filter(fields => fields !== null)
    .filter(([, related, , , command]) => Number(related) === of && !command!.startsWith('ps -A'))
    .map(([, , pid, , command]) => ({ pid: Number(pid), command: command! }))
}
