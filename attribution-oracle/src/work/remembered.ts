import type { Digest } from '../domain'

interface Kept {
  readonly worker: string
  readonly result: Digest
}

const MOST = 100_000

/** Results that were taken from workers, by shard, so that asking again after a lie does not compute all again. */
export class Remembered {
  readonly #kept = new Map<Digest, Kept>()

  add(shard: Digest, kept: Kept): void {
    this.#kept.set(shard, kept)
    if (this.#kept.size <= MOST) return
    const [oldest] = this.#kept.keys()
    this.#kept.delete(oldest!)
  }

  get(shard: Digest): Kept | undefined {
    return this.#kept.get(shard)
  }

  forget(shard: Digest): void {
    this.#kept.delete(shard)
  }

  /** Everything that a worker gave. @returns how many shards that were */
  forgetWorker(worker: string): number {
    const theirs = [...this.#kept].filter(([, kept]) => kept.worker === worker)
    for (const [shard] of theirs) this.#kept.delete(shard)
    return theirs.length
  }
}
