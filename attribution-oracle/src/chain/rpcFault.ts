import type { EthersError } from 'ethers'
import { AttributionOracleError } from '../errors'

/**
 * What a failed request says of itself, by its short message and code alone: the long message and the cause of an ethers
 * error hold the URL of the RPC, which is a key at most providers and must reach no log.
 */
export function rpcReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'no reason given'
  const { code, shortMessage } = cause as Partial<EthersError>
  return [shortMessage ?? cause.name, code === undefined ? '' : `(${code})`].join(' ').trim()
}

/** @returns RPC_FAILED without the failure as its `cause`, which would carry the URL along */
export function rpcFailed(what: string, method: string, cause: unknown, fix: string): AttributionOracleError {
  const reason = rpcReason(cause)
  return new AttributionOracleError('RPC_FAILED', { what, got: reason, fix }, { method, cause: reason })
}

/** Awaits the answer of an RPC. @throws RPC_FAILED */
export async function asked<T>(method: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw rpcFailed(`The RPC did not answer ${method}`, method, cause, 'check the URL, or try again later')
  }
}
