import type { BlockRef, Digest, LogRecord, LogStore } from '../domain'
import { AttributionOracleError } from '../errors'

/** A log store that ends with the process, for readers that keep nothing. */
export function memoryLogStore(): LogStore {
  const logs: LogRecord[] = []
  let subject: Digest | undefined
  let cursor: BlockRef | undefined
  return {
    bind(asked) {
      subject ??= asked
      return settled(() => expectSame('subject', subject!, asked))
    },
    subject: () => Promise.resolve(subject),
    cursor: () => Promise.resolve(cursor),
    append: (after, added, upTo) =>
      settled(() => {
        expectSame('cursor', shown(cursor), shown(after))
        for (const log of added) logs.push(log)
        cursor = upTo
      }),
    async *read(from, to) {
      const start = firstAt(logs, from)
      const end = firstAt(logs, to + 1)
      if (end > start) yield logs.slice(start, end)
    },
  }
}

/** A rejection where the work throws. */
async function settled(work: () => void): Promise<void> {
  work()
}

function expectSame(field: string, got: string, expected: string): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'STORE_MISMATCH',
    { what: `The events in memory are not where they were expected (${field})`, got, expected },
    { field, got, expected },
  )
}

function shown(block: BlockRef | undefined): string {
  return block ? `block ${block.number} (${block.hash})` : 'no block'
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
