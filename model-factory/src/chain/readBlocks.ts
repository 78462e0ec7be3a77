import { decoded } from './revertReason'

/**
 * Reads events over a range of blocks, oldest first. Nodes limit the range, each to another length: what is refused is
 * asked for again in two halves. Throws CHAIN_CALL_FAILED when not even one block can be read, or the signal's reason.
 */
export async function readBlocks<T>(
  from: number,
  to: number,
  read: (from: number, to: number) => Promise<T[]>,
  signal?: AbortSignal,
): Promise<T[]> {
  signal?.throwIfAborted()
  if (from >= to) return decoded('eth_getLogs', read(from, to))
  try {
    return await read(from, to)
  } catch {
    const middle = Math.floor((from + to) / 2)
    const older = await readBlocks(from, middle, read, signal)
    return [...older, ...(await readBlocks(middle + 1, to, read, signal))]
  }
}
