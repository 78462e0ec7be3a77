import { isCallException, isError, type Interface } from 'ethers'
import { AttributionOracleError } from '../errors'

/**
 * Runs a call and turns a revert into CALL_REVERTED with the contract's own error: name and arguments.
 * @throws CALL_REVERTED, RPC_FAILED
 */
export async function called<T>(call: string, abi: Interface, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (isCallException(cause)) {
      const reason = reasonOf(abi, cause.data) ?? cause.shortMessage
      throw new AttributionOracleError(
        'CALL_REVERTED',
        { what: `${call} reverts`, got: reason },
        { call, reason },
        { cause },
      )
    }
    const reason = isError(cause, 'NETWORK_ERROR')
      ? cause.shortMessage
      : cause instanceof Error
        ? cause.message
        : String(cause)
    throw new AttributionOracleError(
      'RPC_FAILED',
      { what: `The RPC did not answer ${call}`, got: reason, fix: 'check the URL, or try again later' },
      { method: call, cause: reason },
      { cause },
    )
  }
}

function reasonOf(abi: Interface, data: string | null): string | undefined {
  const error = data ? abi.parseError(data) : null
  return error ? `${error.name}(${error.args.map(String).join(', ')})` : undefined
}
