import type { BlockRef, Digest, LogRecord, LogStore } from '../domain'

/** A log store that ends with the process, for readers that keep nothing. */
export function memoryLogStore(): LogStore {
  const logs: LogRecord[] = []
  let cursor: BlockRef | undefined
  return {
    bind: (_subject: Digest) => Promise.resolve(),
    cursor: () => Promise.resolve(cursor),
    append(_after, added, upTo) {
      for (const log of added) logs.push(log)
      cursor = upTo
      return Promise.resolve()
    },
    async *read(from, to) {
      const start = firstAt(logs, from)
      const end = firstAt(logs, to + 1)
      if (end > start) yield logs.slice(start, end)
    },
  }
}

/** The place of the first log of a block or of a later one. */
function firstAt(logs: readonly LogRecord[], block: number): number {
  let [low, high] = [0, logs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (logs[middle]!.blockNumber < block) low = middle + 1
    else high = middle
  }
  return low
}
