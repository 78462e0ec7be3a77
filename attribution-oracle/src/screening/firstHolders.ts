import { ShingleTable } from './shingleTable'

/** Shingle lengths that a stretch must span to count as borrowed; shorter ones are the idiom of the language. */
const RUN = 2

export interface Coverage {
  /** Share of the file's lexemes that lie in stretches of earlier files. */
  readonly covered: number
  /** The earlier file that was first to hold most of its shingles. */
  readonly largest: { readonly position: number } | undefined
}

/** Who committed each shingle first. Files must be added in the order of commitment. */
export class FirstHolders {
  private readonly holderOf = new ShingleTable()

  /** @param length lexemes in a shingle */
  constructor(private readonly length: number) {}

  /**
   * Lexemes are counted, not shingles: a statement put into a copy spoils every shingle that spans it, but only its
   * own lexemes are new.
   * @param shingles by position, so that shingle p spans lexemes p to p + length - 1
   */
  coverage(shingles: Float64Array): Coverage {
    const counts = new Map<number, number>()
    let covered = 0
    let coveredUntil = 0
    let runStart = 0
    for (let start = 0; start <= shingles.length; start++) {
      const holder = start < shingles.length ? this.holderOf.get(shingles[start] as number) : undefined
      if (holder !== undefined) {
        counts.set(holder, (counts.get(holder) ?? 0) + 1)
        continue
      }
      // the run of borrowed shingles ended with the one before; its last lexeme is `length - 1` further on
      const end = start + this.length - 1
      if (start > runStart && end - runStart >= RUN * this.length) {
        covered += end - Math.max(runStart, coveredUntil)
        coveredUntil = end
      }
      runStart = start + 1
    }
    const [largest] = [...counts].sort(([a, many], [b, more]) => more - many || a - b)
    return {
      covered: covered / (shingles.length + this.length - 1),
      largest: largest && { position: largest[0] },
    }
  }

  add(position: number, set: Float64Array): void {
    for (const shingle of set) this.holderOf.addIfAbsent(shingle, position)
  }
}
