import { createReadStream } from 'node:fs'
import { at } from './faults'
import type { Width } from './packing'

/**
 * Where the suffixes that begin with each symbol start, from one pass over the text. Kept in a file it would take more
 * than the text itself in the small shards of an epoch.
 */
export async function countBuckets(file: string, width: Width): Promise<Int32Array> {
  const counts = new Int32Array(2 ** (8 * Math.min(width, 3)) + 1)
  let symbol = 0
  let shift = 0
  let highest = 0
  await at(file, async () => {
    for await (const part of createReadStream(file, { highWaterMark: 1 << 20 })) {
      for (const byte of part as Buffer) {
        symbol |= byte << shift
        shift += 8
        if (shift < 8 * width) continue
        counts[symbol + 1]!++
        if (symbol > highest) highest = symbol
        symbol = 0
        shift = 0
      }
    }
  })
  for (let i = 0; i <= highest; i++) counts[i + 1]! += counts[i]!
  return counts.slice(0, highest + 2)
}
