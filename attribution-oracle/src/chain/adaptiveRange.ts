import { AttributionOracleError } from '../errors'
import { EndpointFault } from './endpointFault'
import type { Suggestion } from './logLimit'
import { rpcFailed } from './rpcFault'

/** First size of a range in blocks, and the largest that is ever asked for. */
const FIRST = 2_000
const LARGEST = 100_000
/** How a range grows after a success: as long as nothing was refused, and once a limit was met. */
const FREELY = 2
const CAREFULLY = 1.25

/** What one request gave, of the blocks `from` to `to`. */
export interface Piece<T> {
  from: number
  to: number
  items: T
}

/**
 * Reads a range of blocks in pieces, because every RPC has its own undocumented limit. A piece that is refused for its
 * range or its size is made as small as the refusal suggests, or halved; after a success the next one is larger. Any
 * other failure is the caller's: a smaller piece would not mend it. Pieces come in the order of the chain.
 * @throws RPC_FAILED when not even one block can be read, ABORTED, whatever else `read` throws
 */
export async function* readRange<T>(
  from: number,
  to: number,
  read: (from: number, to: number) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<Piece<T>> {
  let size = FIRST
  let largest = LARGEST
  let growth = FREELY
  for (let at = from; at <= to;) {
    if (signal?.aborted)
      throw new AttributionOracleError('ABORTED', { what: 'Stopped while reading logs' }, { step: 'logs' })
    const end = Math.min(to, at + size - 1)
    const piece = await read(at, end).catch((cause: unknown) => {
      const { suggestion } = refusal(cause, at, end).details
      size = smaller(at, end, suggestion)
      if (suggestion && 'blocks' in suggestion) largest = Math.min(largest, size)
      growth = CAREFULLY
      return undefined
    })
    if (piece === undefined) continue
    yield { from: at, to: end, items: piece }
    at = end + 1
    size = Math.min(largest, Math.ceil(size * growth))
  }
}

/** @throws the failure itself where a smaller range would not mend it */
function refusal(cause: unknown, at: number, end: number): EndpointFault {
  if (!(cause instanceof EndpointFault) || cause.kind !== 'range') throw cause
  if (end > at) return cause
  throw rpcFailed(`The RPC does not give the logs of block ${at}`, 'eth_getLogs', cause, 'use another RPC')
}

/** A suggestion is followed where it is of use: a smaller range that begins where ours does. */
function smaller(at: number, end: number, suggestion: Suggestion | undefined): number {
  const size = end - at + 1
  const half = Math.floor(size / 2)
  if (!suggestion) return half
  const suggested = 'to' in suggestion ? suggestion.to - at + 1 : suggestion.blocks
  return suggested >= 1 && suggested < size ? suggested : half
}
