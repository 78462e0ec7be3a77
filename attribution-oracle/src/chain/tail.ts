import type { Digest } from '../domain'
import type { Header } from './answers'

/** Blocks above finality that were replaced: how many, and the lowest of them. */
export interface Reorganisation {
  depth: number
  block: number
}

const LONGEST = 256

/** Remembers the blocks above finality that were seen. Nothing of ours stands on them, so it only tells. */
export class Tail {
  private hashes = new Map<number, Digest>()

  /**
   * Takes the chain's new head.
   * @param at the header of a block, undefined where there is none
   * @returns what was replaced since the last look, undefined where nothing was
   */
  async follow(
    head: Header,
    finalized: number,
    at: (number: number) => Promise<Header | undefined>,
  ): Promise<Reorganisation | undefined> {
    const fresh = [head]
    for (
      let lowest = head;
      !this.joins(lowest, finalized) && fresh.length < LONGEST;
      lowest = fresh.at(-1)!
    ) {
      const parent = await at(lowest.number - 1)
      // the chain moved while it was read: the next look sees it whole
      if (parent?.hash !== lowest.parentHash) return undefined
      fresh.push(parent)
    }
    const replaced = fresh.filter(({ number, hash }) => (this.hashes.get(number) ?? hash) !== hash)
    for (const { number, hash } of fresh) this.hashes.set(number, hash)
    this.hashes = new Map([...this.hashes].filter(([number]) => number > finalized))
    return replaced.length === 0 ? undefined : { depth: replaced.length, block: replaced.at(-1)!.number }
  }

  /** Whether nothing below this block can have been replaced, as far as was seen. */
  private joins({ number, parentHash }: Header, finalized: number): boolean {
    const known = [...this.hashes.keys()].some(seen => seen < number)
    return number - 1 <= finalized || !known || this.hashes.get(number - 1) === parentHash
  }
}
