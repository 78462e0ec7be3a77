const LEAST_SLOTS = 1 << 10
/** Share of the slots that may be taken before the table grows. */
const MOST_FILLED = 0.75

/**
 * From a 52-bit shingle hash to a position, in two flat arrays with open addressing. A Map holds at most 2^24 entries,
 * which 75 files of the largest size exceed, and takes more than twice the memory.
 */
export class ShingleTable {
  private keys = new Float64Array(LEAST_SLOTS)
  /** One more than the position; 0 in a free slot. */
  private entries = new Int32Array(LEAST_SLOTS)
  private filled = 0

  get(shingle: number): number | undefined {
    const entry = this.entries[this.slotOf(shingle)] as number
    return entry === 0 ? undefined : entry - 1
  }

  /** Keeps what is there already. */
  addIfAbsent(shingle: number, position: number): void {
    const slot = this.slotOf(shingle)
    if (this.entries[slot] !== 0) return
    this.keys[slot] = shingle
    this.entries[slot] = position + 1
    if (++this.filled > MOST_FILLED * this.keys.length) this.grow()
  }

  /** Where the shingle is, or the free slot where it would be. */
  private slotOf(shingle: number): number {
    const mask = this.keys.length - 1
    // the hash is mixed already, its low bits are as good as any
    let slot = (shingle % 2 ** 32) & mask
    while (this.entries[slot] !== 0 && this.keys[slot] !== shingle) slot = (slot + 1) & mask
    return slot
  }

  private grow(): void {
    const { keys, entries } = this
    this.keys = new Float64Array(2 * keys.length)
    this.entries = new Int32Array(2 * keys.length)
    for (let old = 0; old < keys.length; old++) {
      if (entries[old] === 0) continue
      const slot = this.slotOf(keys[old] as number)
      this.keys[slot] = keys[old] as number
      this.entries[slot] = entries[old] as number
    }
  }
}
