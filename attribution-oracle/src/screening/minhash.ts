import { createHash } from 'node:crypto'

/** Multipliers and offsets of the permutations: 32-bit words of SHA-256(domain || counter), multipliers odd. */
export class MinHash {
  private readonly multiplier: Int32Array
  private readonly offset: Int32Array

  constructor(readonly permutations: number) {
    const words = counterWords(2 * permutations)
    this.multiplier = words.subarray(0, permutations).map(word => word | 1)
    this.offset = words.subarray(permutations)
  }

  /** The signature of a set of 52-bit hashes: per permutation the smallest permuted 32-bit value. */
  signature(set: Float64Array): Uint32Array {
    const minima = new Uint32Array(this.permutations).fill(0xffffffff)
    for (const hash of set) {
      const folded = (hash % 2 ** 32) ^ Math.imul(Math.floor(hash / 2 ** 32), 0x9e3779b1)
      for (let index = 0; index < this.permutations; index++) {
        const value = Math.imul(folded ^ (this.offset[index] as number), this.multiplier[index] as number)
        const mixed = (value ^ (value >>> 15)) >>> 0
        if (mixed < (minima[index] as number)) minima[index] = mixed
      }
    }
    return minima
  }
}

function counterWords(count: number): Int32Array {
  const words = new Int32Array(count)
  for (let block = 0; block * 8 < count; block++) {
    const digest = createHash('sha256').update(`open-datanets/minhash/v1/${block}`).digest()
    for (let word = 0; word < 8 && block * 8 + word < count; word++) {
      words[block * 8 + word] = digest.readInt32BE(word * 4)
    }
  }
  return words
}
