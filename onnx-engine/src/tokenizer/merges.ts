import { Heap } from './heap'

/** `left` and `right`, side by side, become the token `merged`. The position in the list of merges is the rank. */
export interface Merge {
  left: number
  right: number
  merged: number
}

/** Token ids stay below this bound, so that a pair of them is one exact number. */
export const MAX_TOKENS = 2 ** 21

export const pairKey = (left: number, right: number): number => left * MAX_TOKENS + right

/** Positions inside a piece stay below this bound, so that (rank, position) is one exact number. */
const MAX_POSITIONS = 2 ** 31

export class MergeTable {
  readonly #merges: readonly Merge[]
  readonly #ranks: ReadonlyMap<number, number>

  constructor(merges: readonly Merge[]) {
    this.#merges = merges
    this.#ranks = new Map(merges.map(({ left, right }, rank) => [pairKey(left, right), rank]))
  }

  /**
   * Applies the merges to the symbols of one piece: always the lowest rank, the leftmost first.
   * O(n log n) in the length of the piece, so that a megabyte without white space is not a weapon.
   */
  apply(symbols: readonly number[]): number[] {
    const ids = Int32Array.from(symbols)
    const next = Int32Array.from(ids, (_, i) => i + 1)
    const previous = Int32Array.from(ids, (_, i) => i - 1)
    const gone = new Uint8Array(ids.length)
    const queue = new Heap((a, b) => a < b)
    const offer = (at: number): void => {
      const right = next[at]!
      if (at < 0 || right >= ids.length) return
      const rank = this.#ranks.get(pairKey(ids[at]!, ids[right]!))
      if (rank !== undefined) queue.push(rank * MAX_POSITIONS + at)
    }
    for (let i = 0; i < ids.length; i++) offer(i)
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      const at = item % MAX_POSITIONS
      const merge = this.#merges[Math.floor(item / MAX_POSITIONS)]!
      const right = next[at]!
      // The queue is not updated when a neighbour changes: an entry that no longer fits is dropped here.
      if (gone[at] || right >= ids.length || ids[at] !== merge.left || ids[right] !== merge.right) continue
      ids[at] = merge.merged
      gone[right] = 1
      const after = next[right]!
      next[at] = after
      if (after < ids.length) previous[after] = at
      offer(previous[at]!)
      offer(at)
    }
    return Array.from(ids.filter((_, i) => gone[i] === 0))
  }
}
