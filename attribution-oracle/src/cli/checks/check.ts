import { AttributionOracleError } from '../../errors'
import { EXIT, exitCodeOf } from '../../exitCode'

/** One line of `check`. */
export interface Check {
  name: string
  status: 'PASS' | 'WARN' | 'FAIL'
  says: string
  /** what to do about it */
  fix?: string
  /** what the process ends with when this failed */
  exitCode?: number
}

export const pass = (name: string, says: string): Check => ({ name, status: 'PASS', says })
export const warn = (name: string, says: string, fix: string): Check => ({ name, status: 'WARN', says, fix })
export const fail = (name: string, says: string, fix: string, exitCode: number = EXIT.caller): Check => ({
  name,
  status: 'FAIL',
  says,
  fix,
  exitCode,
})

/** Runs a check; a fault on the way is its result. */
export async function attempt(
  name: string,
  fix: string,
  work: () => Promise<Check | readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return [await work()].flat()
  } catch (error) {
    return [fail(name, sayingOf(error), fix, exitCodeOf(error))]
  }
}

/** The first line of a fault, with what it got. */
function sayingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [what = '', ...rest] = error.message.split('\n')
  const got = rest.find(line => line.trim().startsWith('got:'))
  return error instanceof AttributionOracleError && got ? `${what} (${got.trim().slice(4).trim()})` : what
}

/** The exit code of all checks: 0 unless one failed; what has to be changed goes before what may pass by itself. */
export function exitCodeOfChecks(checks: readonly Check[]): number {
  const codes = checks.flatMap(({ status, exitCode }) => (status === 'FAIL' ? [exitCode ?? EXIT.caller] : []))
  return codes.length === 0 ? EXIT.done : Math.min(...codes)
}
