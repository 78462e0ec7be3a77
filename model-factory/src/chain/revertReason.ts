import { isError } from 'ethers'
import { ModelFactoryError } from '../errors'

function reasonOf(cause: unknown): string {
  if (isError(cause, 'CALL_EXCEPTION') && cause.revert)
    return `${cause.revert.name}(${cause.revert.args.join(', ')})`
  return cause instanceof Error ? cause.message : String(cause)
}

/** Awaits a call; its failure becomes CHAIN_CALL_FAILED with the contract's own error. */
export async function decoded<T>(call: string, pending: Promise<T>): Promise<T> {
  try {
    return await pending
  } catch (cause) {
    throw new ModelFactoryError('CHAIN_CALL_FAILED', { call, reason: reasonOf(cause) }, { cause })
  }
}
