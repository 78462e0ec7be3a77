/** Bytes of a page: small, as the lower steps of a binary search need one entry each of a page that nobody asks for again. */
export const PAGE_BYTES = 1024

/**
 * The pages of all shards in one piece of memory. When it is full, pages go that were not used since the hand last came
 * by (the clock algorithm), so that the top levels of the binary searches, which every question reads, stay.
 */
export class PageCache {
  readonly bytes: Uint8Array
  readonly narrow: Uint16Array
  readonly wide: Int32Array
  /** [slots]: 1 for a page that was used since the hand came by */
  readonly used: Uint8Array
  /** [slots]: the slots of the file that the page is of, where its own entry is to become -1 when it goes */
  private readonly owners: (Int32Array | undefined)[]
  private readonly pages: Int32Array
  private hand = 0

  /** @param limit bytes; at least two pages are kept */
  constructor(limit: number) {
    const slots = Math.max(2, Math.floor(limit / PAGE_BYTES))
    const memory = new ArrayBuffer(slots * PAGE_BYTES)
    this.bytes = new Uint8Array(memory)
    this.narrow = new Uint16Array(memory)
    this.wide = new Int32Array(memory)
    this.used = new Uint8Array(slots)
    this.owners = Array.from({ length: slots }, () => undefined)
    this.pages = new Int32Array(slots)
  }

  /** A slot for a page that is not in the cache. Its bytes are the caller's to fill, who then tells with `admit`. */
  free(): number {
    for (;;) {
      const slot = this.hand
      this.hand = slot + 1 === this.used.length ? 0 : slot + 1
      if (this.used[slot] === 1) this.used[slot] = 0
      else {
        const owner = this.owners[slot]
        if (owner) owner[this.pages[slot]!] = -1
        this.owners[slot] = undefined
        return slot
      }
    }
  }

  admit(slot: number, owner: Int32Array, page: number): void {
    this.owners[slot] = owner
    this.pages[slot] = page
    this.used[slot] = 1
    owner[page] = slot
  }

  /** Forgets the pages of a file that is closed. */
  forget(owner: Int32Array): void {
    for (const slot of owner) {
      if (slot < 0) continue
      this.owners[slot] = undefined
      this.used[slot] = 0
    }
    owner.fill(-1)
  }
}
