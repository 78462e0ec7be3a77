import { CounterStream } from '@open-datanets/onnx-engine'
import { type Evidence, parted } from './evidence'
import { fuse, spreads } from './fusion'
import { ldsInterval, ldsOf } from './lds'
import type { AuditReport, CandidateFigure, Part } from './report'

/** A choosing half with fewer than this many subsets decides nothing. */
export const LEAST_SUBSETS = 16
const MOST_PARTS = 3
const RESAMPLES = 100
/** A gain in LDS below this is not worth leaving the default for. */
const LEAST_GAIN = 0.005

/** A way to score whose sums over the evidence's subsets are known. */
export interface Contender {
  readonly id: string
  /** float64 [subsets, columns] */
  readonly sums: Float64Array
}

export interface Choice {
  /** shares by the contenders' index, sum 1: those of the default, and at most three others */
  readonly parts: readonly PartIndex[]
  readonly report: AuditReport
}

export interface ChooseOptions {
  readonly seed: string
  /** what stands without evidence: contenders by index, weights of their columns at unit spread */
  readonly byDefault: readonly PartIndex[]
  /** the default's reason */
  readonly why: string
  /** at most this many parts in a mix; 1 forbids mixing */
  readonly mostParts?: number
}

/**
 * Chooses on half of the evidence, reports on the other half. Three options compete: the default, the best single
 * contender, and a mix. Each is judged by how well it does on subsets that it was not fitted on (two folds of the
 * choosing half), and the default goes only for a gain above the noise of resampled subsets.
 */
export function choose(contenders: readonly Contender[], evidence: Evidence, options: ChooseOptions): Choice {
  const { seed, byDefault, why } = options
  if (evidence.subsets < LEAST_SUBSETS) {
    const reason = `${evidence.subsets} subsets of evidence are too few to choose by (${LEAST_SUBSETS} or more): ${why}`
    return { parts: byDefault, report: defaultReport(named(contenders, byDefault), reason) }
  }
  const { choosing, reporting } = parted(evidence.subsets, seed)
  const best = bestOf(contenders, evidence, choosing)
  const mixed = mixOf(contenders, evidence, choosing, options.mostParts ?? MOST_PARTS)
  const { single, mix, halved } = crossed(contenders, evidence, choosing, options)
  const fused = mixed.length > 1 && mix > single
  const winner: readonly PartIndex[] = fused ? mixed : [{ index: best, weight: 1 }]
  const sums = blended(contenders, evidence, winner)
  const standing = blended(contenders, evidence, byDefault)
  const gain = gainOf(sums, standing, evidence, choosing, seed)
  const keep = gain.mean < Math.max(LEAST_GAIN, gain.error)
  // What a few subsets praise is partly luck: half stays with the default, unless the other fold says by more than noise
  // that this is worse.
  const leaning = halved > Math.max(single, mix) - gain.error ? halfOfEach(byDefault, winner) : winner
  const parts = keep ? byDefault : leaning
  const chosen = keep ? standing : blended(contenders, evidence, leaning)
  return {
    parts,
    report: {
      by: keep ? 'default' : 'evidence',
      chosen: named(contenders, parts),
      why: keep
        ? `the default stands, because nothing beats it by more than noise on ${choosing.length} subsets: ${why}`
        : reasonOf(fused, choosing.length, gain),
      subsets: { choosing: choosing.length, reporting: reporting.length },
      choosing: ldsInterval(chosen, evidence, choosing, seed),
      reporting: ldsInterval(chosen, evidence, reporting, seed),
      table: table(contenders, evidence, choosing, reporting),
    },
  }
}

/** What is said where nobody measured. */
export function defaultReport(chosen: readonly Part[], why: string): AuditReport {
  return { by: 'default', chosen: [...chosen], why, subsets: { choosing: 0, reporting: 0 }, table: [] }
}

function named(contenders: readonly Contender[], parts: readonly PartIndex[]): Part[] {
  return parts.map(({ index, weight }) => ({ id: contenders[index]!.id, weight }))
}

export interface PartIndex {
  readonly index: number
  readonly weight: number
}

function bestOf(contenders: readonly Contender[], evidence: Evidence, subsets: readonly number[]): number {
  const figures = contenders.map(({ sums }) => ldsOf(sums, evidence, subsets))
  return figures.indexOf(Math.max(...figures))
}

function mixOf(
  contenders: readonly Contender[],
  evidence: Evidence,
  subsets: readonly number[],
  most: number,
): PartIndex[] {
  const weights = fuse(
    contenders.map(({ sums }) => sums),
    evidence,
    subsets,
    most,
  )
  return [...weights].map((weight, index) => ({ index, weight })).filter(({ weight }) => weight > 0)
}

/** Figures, on subsets that they were not fitted on, of a best single, of a mix, and of a mix that is half default. */
function crossed(
  contenders: readonly Contender[],
  evidence: Evidence,
  subsets: readonly number[],
  { byDefault, mostParts = MOST_PARTS }: ChooseOptions,
): { single: number; mix: number; halved: number } {
  const folds = [0, 1].map(fold => subsets.filter((_, index) => index % 2 === fold))
  const figures = { single: 0, mix: 0, halved: 0 }
  folds.forEach((fold, index) => {
    const on = (parts: readonly PartIndex[]): number =>
      ldsOf(blended(contenders, evidence, parts), evidence, folds[1 - index]!) / 2
    const best = [{ index: bestOf(contenders, evidence, fold), weight: 1 }]
    const mixed = mixOf(contenders, evidence, fold, mostParts)
    figures.single += on(best)
    figures.mix += on(mixed)
    if (mostParts > 1) figures.halved += on(halfOfEach(byDefault, mixed))
  })
  return figures
}

function halfOfEach(one: readonly PartIndex[], other: readonly PartIndex[]): PartIndex[] {
  const shares = new Map<number, number>()
  for (const { index, weight } of [...one, ...other]) shares.set(index, (shares.get(index) ?? 0) + weight / 2)
  return [...shares].map(([index, weight]) => ({ index, weight }))
}

function blended(
  contenders: readonly Contender[],
  evidence: Evidence,
  parts: readonly PartIndex[],
): Float64Array {
  const { columns } = evidence
  const blend = new Float64Array(evidence.subsets * columns)
  for (const { index, weight } of parts) {
    const { sums } = contenders[index]!
    const by = spreads(sums, evidence)
    for (let at = 0; at < sums.length; at++) {
      const spread = by[at % columns]!
      if (spread > 0) blend[at]! += (weight * sums[at]!) / spread
    }
  }
  return blend
}

/** Of one set of sums over another on the same resampled subsets. */
function gainOf(
  sums: Float64Array,
  standing: Float64Array,
  evidence: Evidence,
  subsets: readonly number[],
  seed: string,
): { mean: number; error: number } {
  const stream = new CounterStream(seed, ['audit', 'gain'])
  const difference = (drawn: readonly number[]): number =>
    ldsOf(sums, evidence, drawn) - ldsOf(standing, evidence, drawn)
  const gains = Array.from({ length: RESAMPLES }, () =>
    difference(subsets.map(() => subsets[stream.below(subsets.length)]!)),
  )
  const centre = gains.reduce((sum, gain) => sum + gain, 0) / RESAMPLES
  const square = gains.reduce((sum, gain) => sum + (gain - centre) ** 2, 0) / (RESAMPLES - 1)
  return { mean: difference(subsets), error: Math.sqrt(square) }
}

function reasonOf(fused: boolean, subsets: number, gain: { mean: number; error: number }): string {
  const what = fused
    ? 'a mix predicts subsets that it was not fitted on better than any one method'
    : 'one method predicts the retrained models best and no mix does better'
  return `${what}; on ${subsets} choosing subsets it is ahead of the default by ${gain.mean.toFixed(3)} ± ${gain.error.toFixed(3)} LDS`
}

function table(
  contenders: readonly Contender[],
  evidence: Evidence,
  choosing: readonly number[],
  reporting: readonly number[],
): CandidateFigure[] {
  return contenders
    .map(({ id, sums }) => ({
      id,
      choosing: ldsOf(sums, evidence, choosing),
      reporting: ldsOf(sums, evidence, reporting),
    }))
    .sort((a, b) => b.choosing - a.choosing)
}
