import { AttributionOracleError } from '../errors'
import { rpcFailed } from './rpcFault'

/** First size of a range in blocks, and the largest that is ever asked for. */
const FIRST = 2_000
const LARGEST = 100_000

/**
 * Reads a range of blocks in pieces, because every RPC has its own undocumented limit: a piece is halved on any error
 * and doubled after a success. Results come in the order of the chain.
 * @throws RPC_FAILED when not even one block can be read, ABORTED
 */
export async function readRange<T>(
  from: number,
  to: number,
  read: (from: number, to: number) => Promise<T[]>,
  signal?: AbortSignal,
): Promise<T[]> {
  const all: T[] = []
  let size = FIRST
  let at = from
  while (at <= to) {
    if (signal?.aborted) {
      throw new AttributionOracleError('ABORTED', { what: 'Stopped while reading logs' }, { step: 'logs' })
    }
    const end = Math.min(to, at + size - 1)
    try {
      all.push(...(await read(at, end)))
      at = end + 1
      size = Math.min(LARGEST, size * 2)
    } catch (cause) {
      if (end === at) {
        const what = `The RPC does not give the logs of block ${at}`
        throw rpcFailed(what, 'eth_getLogs', cause, 'use another RPC, or try again later')
      }
      size = Math.max(1, Math.floor((end - at + 1) / 2))
    }
  }
  return all
}
