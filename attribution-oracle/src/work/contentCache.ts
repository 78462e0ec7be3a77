import type { ContentStore, Digest } from '../domain'

/** Content that neighbouring shards share, such as their graph, is fetched once. Keeps what was used last. */
export class ContentCache {
  readonly #entries = new Map<Digest, Promise<Uint8Array>>()
  readonly #sizes = new Map<Digest, number>()
  #held = 0

  /** @param mostBytes kept besides what was asked for last */
  constructor(
    private readonly content: ContentStore,
    private readonly mostBytes: number,
  ) {}

  async get(digest: Digest, maxBytes?: number): Promise<Uint8Array> {
    const fetched = this.#entries.get(digest) ?? this.content.get(digest, maxBytes)
    this.#entries.delete(digest)
    this.#entries.set(digest, fetched)
    try {
      const bytes = await fetched
      if (!this.#sizes.has(digest) && this.#entries.get(digest) === fetched) {
        this.#sizes.set(digest, bytes.length)
        this.#held += bytes.length
        this.#shrink()
      }
      return bytes
    } catch (error) {
      if (this.#entries.get(digest) === fetched) this.#entries.delete(digest)
      throw error
    }
  }

  #shrink(): void {
    for (const [digest, size] of this.#inOrderOfUse()) {
      if (this.#held <= this.mostBytes || this.#sizes.size === 1) return
      this.#entries.delete(digest)
      this.#sizes.delete(digest)
      this.#held -= size
    }
  }

  #inOrderOfUse(): [Digest, number][] {
    return [...this.#entries.keys()].flatMap(digest => {
      const size = this.#sizes.get(digest)
      return size === undefined ? [] : [[digest, size] as [Digest, number]]
    })
  }
}
