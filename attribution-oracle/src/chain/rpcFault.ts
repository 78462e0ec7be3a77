import type { EthersError } from 'ethers'
import { AttributionOracleError, isFault } from '../errors'
import type { Endpoint } from './endpoint'
import { EndpointFault } from './endpointFault'

/**
 * What a failed request says of itself, by its short message and code alone: the long message and the cause of an ethers
 * error hold the URL of the RPC, which is a key at most providers and must reach no log.
 */
export function rpcReason(cause: unknown): string {
  if (isFault(cause, 'RPC_FAILED')) return cause.data.cause
  if (cause instanceof EndpointFault) return cause.message
  if (!(cause instanceof Error)) return 'no reason given'
  const { code, shortMessage } = cause as Partial<EthersError>
  return [shortMessage ?? cause.name, code === undefined ? '' : `(${code})`].join(' ').trim()
}

/** @returns RPC_FAILED without the failure as its `cause`, which would carry the URL along */
export function rpcFailed(what: string, method: string, cause: unknown, fix: string): AttributionOracleError {
  const reason = rpcReason(cause)
  return new AttributionOracleError('RPC_FAILED', { what, got: reason, fix }, { method, cause: reason })
}

/** Too few endpoints answered: what each of them said. */
export function rpcUnavailable(
  endpoints: readonly Pick<Endpoint, 'name' | 'reason' | 'up'>[],
  got: number,
  count: number,
): AttributionOracleError {
  const reasons = endpoints
    .filter(({ up }) => !up)
    .map(({ name, reason }) => `${name}: ${reason}`)
    .join('; ')
  const what = got === 0 ? 'No RPC endpoint answers' : `Only ${got} of ${count} RPC endpoints answer`
  const cause = reasons || `${endpoints.length} endpoints are configured`
  return new AttributionOracleError(
    'RPC_FAILED',
    { what, got: cause, expected: `answers of ${count}`, fix: 'check the endpoints, or try again later' },
    { method: 'any', cause },
  )
}

/** Awaits the answer of an RPC. @throws RPC_FAILED; our own faults as they are */
export async function asked<T>(method: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof AttributionOracleError) throw cause
    throw rpcFailed(`The RPC did not answer ${method}`, method, cause, 'check the URL, or try again later')
  }
}
