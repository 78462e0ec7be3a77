import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Another process that holds a store and the poster's lock in it, until it is killed. */
export async function holdElsewhere(location: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const script = join(__dirname, 'storeHolder.ts')
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', script, location], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const atExit = (): void => void child.kill('SIGKILL')
  process.once('exit', atExit)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  if (line !== 'holding') throw new Error(`the other process says "${line}"`)
  return {
    pid: child.pid!,
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      process.removeListener('exit', atExit)
    },
  }
}
