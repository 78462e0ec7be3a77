import { AttributionOracleError, type FaultCode } from '../errors'

/**
 * SQLSTATE classes and codes that another try may not meet again: connection (08), resources (53), an operator or crash
 * that ends the server (57P), a standby that is not promoted yet (25006), a deadlock (40).
 */
const PASSING = /^(08|53|57P|40)|^25006$/
/** Who we are, or which database it is, is not accepted. */
const REFUSED = /^28|^3D000$/
/** What sockets and the client say; the client gives its own words no code. */
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENOENT)/
const CLIENT = /Connection terminated|connection timeout|timeout exceeded|not queryable|Cannot use a pool/

/**
 * What a failure of the database means to the oracle; one that is none of its own (a broken constraint, say) stays as it is.
 * @param where host or folder, never a URL: that holds the password
 */
export function storeFault(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error instanceof AttributionOracleError) return error
  // an address with several IP numbers fails with all of their errors in one
  const [cause] = error instanceof AggregateError ? (error.errors as Error[]) : [error]
  const { code = '', message } = (cause ?? error) as NodeJS.ErrnoException
  if (REFUSED.test(code)) {
    const fault = { name: 'databaseUrl', got: message, expected: `what ${where} accepts` }
    return report(
      'INVALID_CONFIG',
      `The database at ${where} refuses us: ${message}`,
      { faults: [fault] },
      error,
    )
  }
  if (!PASSING.test(code) && !NETWORK.test(code) && !CLIENT.test(message)) return error
  const reason = code || message
  const what = `The database at ${where} cannot be used now: ${message || reason}`
  return report('STORE_UNREACHABLE', what, { where, reason }, error)
}

/** Runs `work`, and fails with what its failure means. */
export async function asked<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeFault(error, where)
  }
}

function report<C extends FaultCode>(
  code: C,
  what: string,
  data: AttributionOracleError<C>['data'],
  cause: unknown,
): AttributionOracleError<C> {
  const fix = 'see that the server runs and that databaseUrl names it, then try again'
  return new AttributionOracleError(code, { what, fix }, data, { cause })
}
