import { isCallException, type Interface } from 'ethers'
import { AttributionOracleError } from '../errors'
import { rpcFailed } from './rpcFault'

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
      )
    }
    throw rpcFailed(`The RPC did not answer ${call}`, call, cause, 'check the URL, or try again later')
  }
}

function reasonOf(abi: Interface, data: string | null): string | undefined {
  const error = data ? abi.parseError(data) : null
  return error ? `${error.name}(${error.args.map(String).join(', ')})` : undefined
}
