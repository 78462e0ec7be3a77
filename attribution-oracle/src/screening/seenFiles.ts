import type { ReasonCode, ScreeningRules } from '../domain'
import { BandIndex } from './bands'
import { FirstHolders } from './firstHolders'
import { MinHash } from './minhash'
import { overlap } from './overlap'
import { percent } from './percent'
import { BAND_ROWS, CONTAINMENT, COVERAGE, LEAST_SHINGLES } from './rules'
import type { Source } from './source'

export interface Match {
  readonly position: number
  readonly reason: ReasonCode
  readonly detail: string
}

export interface Comparison {
  readonly match: Match | undefined
  /** Share of the file's lexemes that lie in stretches of earlier files. */
  readonly covered: number
}

interface Holding {
  readonly position: number
  readonly share: number
}

/** Everything committed so far, indexed for each way of being a copy. Add files in the order of commitment. */
export class SeenFiles {
  private readonly byDigest = new Map<string, number>()
  private readonly byStream = new Map<number, number>()
  private readonly sets: Float64Array[] = []
  private readonly minhash: MinHash
  private readonly bands: BandIndex
  private readonly holders: FirstHolders

  private readonly similarity: number

  constructor({ permutations, shingle, similarity }: ScreeningRules) {
    this.minhash = new MinHash(permutations)
    this.bands = new BandIndex(permutations, BAND_ROWS)
    this.holders = new FirstHolders(shingle)
    this.similarity = Number(similarity)
  }

  compareThenAdd(position: number, source: Source): Comparison {
    const exact = this.byDigest.get(source.digest)
    const renamed = this.byStream.get(source.stream)
    this.byDigest.set(source.digest, exact ?? position)
    this.byStream.set(source.stream, renamed ?? position)
    this.sets[position] = source.set
    if (exact !== undefined) {
      return { match: { position: exact, reason: 'EXACT_COPY', detail: source.digest }, covered: 1 }
    }
    if (renamed !== undefined) {
      const detail = 'renamed: equal after removing comments and names'
      return { match: { position: renamed, reason: 'NEAR_COPY', detail }, covered: 1 }
    }
    if (source.set.length < LEAST_SHINGLES) return { match: undefined, covered: 0 }
    return this.compareShingles(position, source)
  }

  private compareShingles(position: number, { shingles, set }: Source): Comparison {
    const candidates = this.bands.candidatesThenAdd(position, this.minhash.signature(set))
    const { covered, largest } = this.holders.coverage(shingles)
    this.holders.add(position, set)

    const near = best(candidates, candidate => overlap(set, this.held(candidate)).jaccard)
    if (near !== undefined && near.share >= this.similarity) return matched(near, 'similar', covered)
    const holders = largest === undefined ? candidates : [largest.position, ...candidates]
    const containing = best(holders, holder => overlap(set, this.held(holder)).containment)
    if (containing !== undefined && containing.share >= CONTAINMENT) {
      return matched(containing, 'contained', covered)
    }
    if (largest !== undefined && covered >= COVERAGE) {
      return matched({ position: largest.position, share: covered }, 'patchwork of earlier files', covered)
    }
    return { match: undefined, covered }
  }

  private held(position: number): Float64Array {
    return this.sets[position] ?? new Float64Array(0)
  }
}

/** The position of the largest share; the earliest one on a tie. */
function best(positions: readonly number[], share: (position: number) => number): Holding | undefined {
  let found: Holding | undefined
  for (const position of positions) {
    const holding = { position, share: share(position) }
    const tie = found?.share === holding.share
    if (found === undefined || holding.share > found.share || (tie && position < found.position))
      found = holding
  }
  return found
}

function matched(holding: Holding, how: string, covered: number): Comparison {
  const detail = `${how}: ${percent(holding.share)} of the renamed code is shared`
  return { match: { position: holding.position, reason: 'NEAR_COPY', detail }, covered }
}
