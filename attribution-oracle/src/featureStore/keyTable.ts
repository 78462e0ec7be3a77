import { type Digest } from '../domain'

const KEY_WORDS = 8
const LEAST_SLOTS = 1 << 10
/** Share of the slots that may be taken before the table grows. */
const MOST_FILLED = 0.7

/**
 * From a 32-byte key to its position, in two flat arrays with open addressing: 32 bytes and two slots a key, where a
 * Map of strings takes several times as much. Keys are hashes, so their first word is mixed already.
 */
export class KeyTable {
  size = 0
  private words = new Uint32Array(KEY_WORDS * LEAST_SLOTS)
  /** One more than the position; 0 in a free slot. */
  private slots = new Int32Array(2 * LEAST_SLOTS)

  get(key: Digest): number | undefined {
    const entry = this.slots[this.slotOf(wordsOf(key), 0)]!
    return entry === 0 ? undefined : entry - 1
  }

  /** Keeps the next position for a key. @returns whether the key is new */
  add(key: Digest): boolean {
    return this.addWords(wordsOf(key), 0)
  }

  /** The same for a key as its eight little-endian words at `from`. */
  addWords(words: Uint32Array, from: number): boolean {
    const slot = this.slotOf(words, from)
    if (this.slots[slot] !== 0) return false
    if (this.words.length === KEY_WORDS * this.size) this.words = widened(this.words)
    this.words.set(words.subarray(from, from + KEY_WORDS), KEY_WORDS * this.size)
    this.slots[slot] = ++this.size
    if (this.size > MOST_FILLED * this.slots.length) this.grow()
    return true
  }

  /** Where the key is, or the free slot where it would be. */
  private slotOf(key: Uint32Array, from: number): number {
    const mask = this.slots.length - 1
    let slot = key[from]! & mask
    while (this.slots[slot] !== 0 && !this.isAt(this.slots[slot]! - 1, key, from)) slot = (slot + 1) & mask
    return slot
  }

  private isAt(position: number, key: Uint32Array, from: number): boolean {
    for (let w = 0; w < KEY_WORDS; w++) {
      if (this.words[KEY_WORDS * position + w] !== key[from + w]) return false
    }
    return true
  }

  private grow(): void {
    this.slots = new Int32Array(2 * this.slots.length)
    for (let position = 0; position < this.size; position++)
      this.slots[this.slotOf(this.words, KEY_WORDS * position)] = position + 1
  }
}

function widened(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(2 * words.length)
  wide.set(words)
  return wide
}

/** Byte i of the key is byte i of the words in little-endian order. */
export function wordsOf(key: Digest): Uint32Array {
  const bytes = Buffer.from(key.slice(2), 'hex')
  return Uint32Array.from({ length: KEY_WORDS }, (_, w) => bytes.readUInt32LE(4 * w))
}
