import { execFileSync } from 'node:child_process'

export interface RunningProcess {
  pid: number
  command: string
}

/** What runs now as a child of a process (`ppid`) or in its process group (`pgid`); the listing itself left out. */
export function processesOf(relation: 'ppid' | 'pgid', of: number): RunningProcess[] {
  const listing = execFileSync('ps', ['-A', '-o', `${relation}=,pid=,args=`], { encoding: 'utf8' })
  return listing
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(fields => fields !== null)
    .filter(([, related, , command]) => Number(related) === of && !command!.startsWith('ps -A'))
    .map(([, , pid, command]) => ({ pid: Number(pid), command: command! }))
}
