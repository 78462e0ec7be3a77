import { AttributionOracleError } from '../../errors'

/** The caller's fault: which argument, what it was, what it should have been. */
export function refused(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `audit: ${argument} is not usable`, got, expected },
    { argument, got, expected },
  )
}
