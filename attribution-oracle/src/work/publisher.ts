import { setTimeout as sleep } from 'node:timers/promises'
import { type Digest, madeForWork } from '../domain'
import type { Assignment } from './assignment'
import type { WorkStores } from './workStores'

const LANES = 8
const RETRY_MS = 500
const RETRY_MOST_MS = 10_000
const STORED = 100_000

export interface PublisherOptions extends WorkStores {
  /** hands a shard to the queue */
  readonly send: (assignment: Assignment) => Promise<void>
  readonly onFailure: (error: unknown) => void
}

/** Puts shards and everything that they name into the content store and then into the queue, until both have them. */
export class Publisher {
  readonly #waiting: Assignment[] = []
  readonly #stored = new Set<Digest>()
  readonly #lanes = new Set<Promise<void>>()
  readonly #closed = new AbortController()

  constructor(private readonly options: PublisherOptions) {}

  publish(assignment: Assignment): void {
    this.#waiting.push(assignment)
    if (this.#lanes.size >= LANES) return
    // gone from the set at the moment in which it looks for more in vain
    const lane: Promise<void> = this.#lane(() => this.#lanes.delete(lane))
    this.#lanes.add(lane)
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closed.abort()
    this.#waiting.length = 0
    await Promise.all(this.#lanes)
  }

  async #lane(ends: () => void): Promise<void> {
    // in the set before it can end
    await Promise.resolve()
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      // whoever computed it meanwhile, nobody has to
      for (let wait = RETRY_MS; !this.#closed.signal.aborted && !next.settled && !next.ours; wait *= 2) {
        try {
          await this.#store(next)
          await this.options.send(next)
          break
        } catch (error) {
          this.options.onFailure(error)
          const { signal } = this.#closed
          await sleep(Math.min(wait, RETRY_MOST_MS), undefined, { signal }).catch(() => undefined)
        }
      }
    }
    ends()
  }

  async #store({ shard }: Assignment): Promise<void> {
    const { content, scratch } = this.options
    const made = madeForWork(shard.document).add(shard.digest)
    for (const [digest, bytes] of [...shard.content, [shard.digest, shard.bytes] as const]) {
      if (this.#stored.has(digest)) continue
      await (made.has(digest) ? scratch : content).put(bytes)
      if (this.#stored.size > STORED) this.#stored.clear()
      this.#stored.add(digest)
    }
  }
}
