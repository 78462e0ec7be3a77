import { Heap } from './heap'
import { type Merge, pairKey } from './merges'

export interface WeightedPiece {
  symbols: readonly number[]
  /** How often the piece occurs in the corpus. */
  weight: number
}

export interface TrainMergesOptions {
  /** The names of the first symbols, by id. */
  alphabet: readonly string[]
  /** How many names to end with, at most. */
  names: number
  /** Pairs seen less often than this are not merged. */
  minFrequency: number
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
}

const PROGRESS_EVERY = 64

/** The counts of all pairs of neighbours, and the pieces in which each was seen. */
class PairCounts {
  readonly left: number[] = []
  readonly right: number[] = []
  readonly count: number[] = []
  readonly #places: number[][] = []
  readonly #slots = new Map<number, number>()
  #gained = new Set<number>()

  add(left: number, right: number, piece: number, weight: number): void {
    const key = pairKey(left, right)
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = this.left.push(left) - 1
      this.right.push(right)
      this.count.push(0)
      this.#places.push([])
      this.#slots.set(key, slot)
    }
    this.count[slot] = this.count[slot]! + weight
    if (weight < 0) return
    this.#gained.add(slot)
    const places = this.#places[slot]!
    if (places.at(-1) !== piece) places.push(piece)
  }

  /** The pieces in which the pair was seen, some of which may have lost it since. Forgets them. */
  takePlaces(slot: number): readonly number[] {
    const places = this.#places[slot]!
    this.#places[slot] = []
    return places
  }

  /** The pairs whose count rose since the last call. */
  takeGained(): Iterable<number> {
    const gained = this.#gained
    this.#gained = new Set()
    return gained
  }
}

/**
 * Learns merges by frequency, ties by the smaller left and then the smaller right id, as Hugging Face does; two merges
 * may join to the same name and then give the same id.
 *
 * Counts are kept up to date: a merge visits only the pieces that hold its pair. The queue is not: an entry that comes
 * out with an outdated count goes back in with the right one.
 */
export function trainMerges(
  pieces: readonly WeightedPiece[],
  o: TrainMergesOptions,
): { merges: Merge[]; names: string[] } {
  const start = new Int32Array(pieces.length + 1)
  pieces.forEach((piece, p) => (start[p + 1] = start[p]! + piece.symbols.length))
  const symbols = Int32Array.from(pieces.flatMap(piece => piece.symbols))
  const length = Int32Array.from(pieces, piece => piece.symbols.length)
  const weight = Float64Array.from(pieces, piece => piece.weight)

  const pairs = new PairCounts()
  const { left, right, count } = pairs
  const entrySlot: number[] = []
  const entryCount: number[] = []
  const queue = new Heap((a, b) => {
    const [s, t] = [entrySlot[a]!, entrySlot[b]!]
    if (entryCount[a] !== entryCount[b]) return entryCount[a]! > entryCount[b]!
    return left[s] !== left[t] ? left[s]! < left[t]! : right[s]! < right[t]!
  })
  const enqueue = (slot: number): void => {
    if (count[slot]! < o.minFrequency) return
    entryCount.push(count[slot]!)
    queue.push(entrySlot.push(slot) - 1)
  }

  /** Replaces the pair inside one piece, from left to right, and counts the pairs that come and go. */
  const replace = (piece: number, merge: Merge): void => {
    const from = start[piece]!
    const to = from + length[piece]!
    const w = weight[piece]!
    let write = from
    for (let read = from; read < to; read++) {
      if (symbols[read] !== merge.left || read + 1 >= to || symbols[read + 1] !== merge.right) {
        symbols[write++] = symbols[read]!
        continue
      }
      read++
      if (write > from) {
        pairs.add(symbols[write - 1]!, merge.left, piece, -w)
        pairs.add(symbols[write - 1]!, merge.merged, piece, w)
      }
      if (read + 1 < to) {
        pairs.add(merge.right, symbols[read + 1]!, piece, -w)
        pairs.add(merge.merged, symbols[read + 1]!, piece, w)
      }
      symbols[write++] = merge.merged
    }
    length[piece] = write - from
  }

  for (let p = 0; p < pieces.length; p++)
    for (let i = start[p]!; i + 1 < start[p + 1]!; i++) pairs.add(symbols[i]!, symbols[i + 1]!, p, weight[p]!)

  const names = [...o.alphabet]
  const ids = new Map(names.map((name, id) => [name, id]))
  const merges: Merge[] = []
  while (names.length < o.names) {
    for (const slot of pairs.takeGained()) enqueue(slot)
    const entry = queue.pop()
    if (entry === undefined) break
    const slot = entrySlot[entry]!
    if (entryCount[entry] !== count[slot]) {
      enqueue(slot)
      continue
    }
    const name = names[left[slot]!]! + names[right[slot]!]!
    const merged = ids.get(name) ?? names.push(name) - 1
    ids.set(name, merged)
    const merge = { left: left[slot]!, right: right[slot]!, merged }
    merges.push(merge)
    for (const piece of pairs.takePlaces(slot)) replace(piece, merge)
    count[slot] = 0
    if (merges.length % PROGRESS_EVERY === 0) {
      o.onProgress?.(names.length, o.names)
      o.signal?.throwIfAborted()
    }
  }
  o.onProgress?.(names.length, o.names)
  return { merges, names }
}
