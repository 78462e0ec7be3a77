import { concat, dataSlice, keccak256 } from 'ethers'

/** The node of an empty subtree. */
export const EMPTY = `0x${'00'.repeat(24)}`

/** The first 24 bytes of keccak256. */
export function hash24(bytes: string): string {
  return dataSlice(keccak256(bytes), 0, 24)
}

/**
 * The naive tree that the contracts and the oracle are compared with: every level is an array, and empty positions
 * are really there.
 */
export class PositionalTree {
  readonly #levels: string[][]

  /** @param leaves 24-byte leaf hashes in their order. */
  constructor(readonly leaves: readonly string[]) {
    let width = 1
    while (width < leaves.length) width *= 2
    let level = Array.from({ length: width }, (_, i) => leaves[i] ?? EMPTY)
    this.#levels = [level]
    while (level.length > 1) {
      level = Array.from({ length: level.length / 2 }, (_, i) => parent(level[2 * i]!, level[2 * i + 1]!))
      this.#levels.push(level)
    }
  }

  get root(): string {
    return this.#levels.at(-1)![0]!
  }

  /** How many positions there are, the empty ones included. */
  get width(): number {
    return this.#levels[0]!.length
  }

  /** The siblings from the leaf up, as one string of bytes. */
  proof(position: number): string {
    return concat(this.#levels.slice(0, -1).map((level, height) => level[(position >> height) ^ 1]!))
  }
}

function parent(left: string, right: string): string {
  return left === EMPTY && right === EMPTY ? EMPTY : hash24(concat([left, right]))
}
