import { createHash } from 'node:crypto'

const BLOCK_WORDS = 8
const TWO_32 = 4294967296
const TWO_53 = 9007199254740992

/**
 * An endless stream of random numbers from SHA-256 in counter mode: block `i` is SHA-256(key || u64 i), where the key
 * binds the seed and the context. Whoever knows both draws the same numbers, on any machine.
 */
export class CounterStream {
  readonly #key: Buffer
  #block = Buffer.alloc(0)
  #counter = 0n
  #word = BLOCK_WORDS
  #spareNormal: number | undefined

  constructor(seed: string, context: readonly (string | number)[]) {
    const hash = createHash('sha256').update('open-datanets/counter-stream/v1')
    for (const part of [seed, ...context]) {
      const bytes = Buffer.from(String(part), 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      hash.update(length).update(bytes)
    }
    this.#key = hash.digest()
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    if (this.#word === BLOCK_WORDS) this.#nextBlock()
    return this.#block.readUInt32BE(4 * this.#word++)
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5
    const low = this.uint32() >>> 6
    return (high * 67108864 + low) / TWO_53
  }

  /** A uniform integer in [0, bound), without the bias of a plain remainder; `bound` is at most 2^32. */
  below(bound: number): number {
    const limit = TWO_32 - (TWO_32 % bound)
    for (;;) {
      const draw = this.uint32()
      if (draw < limit) return draw % bound
    }
  }

  /** A standard normal number (Box-Muller; the pair's second number serves the next call). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal
      this.#spareNormal = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) / TWO_32))
    const angle = (2 * Math.PI * this.uint32()) / TWO_32
    this.#spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** A shuffled copy of `items` (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const item = shuffled[last] as T
      shuffled[last] = shuffled[other] as T
      shuffled[other] = item
    }
    return shuffled
  }

  #nextBlock(): void {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(this.#counter++)
    this.#block = createHash('sha256').update(this.#key).update(counter).digest()
    this.#word = 0
  }
}

/** The random stream of `seed` for one purpose; different contexts give independent streams. */
export function counterBytes(seed: string, ...context: (string | number)[]): CounterStream {
  return new CounterStream(seed, context)
}
