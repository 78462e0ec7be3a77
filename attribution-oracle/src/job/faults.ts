import { AttributionOracleError } from '../errors'

export interface JobFault {
  /** where: a field of the job, or a file and a row */
  readonly name: string
  readonly got: string
  readonly expected: string
}

/** Collects what is wrong with a job, so that its author is told everything at once. */
export class JobFaults {
  readonly found: JobFault[] = []

  add(name: string, got: string, expected: string): void {
    this.found.push({ name, got, expected })
  }

  /** @throws INVALID_JOB with everything that was added, if anything was */
  check(): void {
    if (this.found.length > 0) throw invalidJob(this.found)
  }

  /** A reading that may fail by itself: its fault joins the others, and its value is missing. */
  async reading<T>(
    name: string,
    read: () => Promise<T>,
    expected = 'a file that can be read',
  ): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      this.found.push(...faultsOf(name, error, expected))
      return undefined
    }
  }
}

export function invalidJob(faults: readonly JobFault[]): AttributionOracleError<'INVALID_JOB'> {
  const lines = faults.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`)
  const what = `The job has ${faults.length} fault${faults.length > 1 ? 's' : ''}`
  return new AttributionOracleError('INVALID_JOB', { what: `${what}\n  ${lines.join('\n  ')}` }, { faults })
}

function faultsOf(name: string, error: unknown, readable: string): readonly JobFault[] {
  if (error instanceof AttributionOracleError && error.code === 'INVALID_JOB')
    return (error as AttributionOracleError<'INVALID_JOB'>).data.faults
  // Faults of the engine carry what was there and what should have been.
  if (!isCoded(error)) throw error
  const { got, expected } = error.data
  return typeof got === 'string' && typeof expected === 'string'
    ? [{ name, got, expected: `${expected} (${error.message})` }]
    : [{ name, got: error.message, expected: readable }]
}

function isCoded(error: unknown): error is Error & { code: string; data: Record<string, unknown> } {
  return error instanceof Error && 'code' in error && 'data' in error && typeof error.data === 'object'
}

/** Faults of the engine with the user's model or files: what an operator, a shape, a file is. */
export function isEngineFault(error: unknown): error is Error & { readonly code: string } {
  return isCoded(error) && error.name === 'OnnxEngineError'
}
