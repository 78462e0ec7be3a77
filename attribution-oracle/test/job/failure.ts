import { expect } from 'chai'
import { AttributionOracleError } from '../../src/errors'

/** The faults of a job that must not be taken, one line each: "name: got ..., expected ...". */
export async function faultsOf(work: Promise<unknown>): Promise<string[]> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AttributionOracleError) || error.code !== 'INVALID_JOB')
    return expect.fail(
      `INVALID_JOB was expected, got ${error instanceof Error ? error.stack : String(error)}`,
    )
  const { faults } = (error as AttributionOracleError<'INVALID_JOB'>).data
  return faults.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`)
}
