import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What a program said, whatever it ended with. */
export interface Ended {
  code: number
  output: string
}

/** The path of an installed program, or undefined. */
export function installed(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin']
  return folders.map(folder => join(folder, name)).find(runs)
}

/**
 * The path of a program that a test cannot do without: the test is skipped where it is not installed, unless
 * REQUIRE_SERVICES=1 says that it has to be.
 */
export function needs(context: Mocha.Context, name: string): string {
  const path = installed(name)
  if (path === undefined && process.env['REQUIRE_SERVICES'] !== '1') return context.skip()
  if (path === undefined) throw new Error(`${name} is not installed, and REQUIRE_SERVICES=1 is set`)
  return path
}

export function run(path: string, args: readonly string[], input?: string, cwd?: string): Promise<Ended> {
  return new Promise(resolve => {
    const child = execFile(path, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    )
    // a program that reads nothing may have ended before this
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
  })
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
