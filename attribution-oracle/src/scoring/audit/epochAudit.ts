import { z } from 'zod'
import { CounterStream } from '@open-datanets/onnx-engine'
import { type BanzhafEstimate, banzhafValues, type Coalitions } from './banzhaf'
import { pearson, spearman } from './rankCorrelation'
import { refused } from './refused'

export const EPOCH_AUDIT_FORMAT = 'open-datanets/epoch-audit'
const RESAMPLES = 1000

const finite = z.number()
const correlation = z.object({ value: finite, low: finite, high: finite })

/**
 * What an epoch publishes about itself: how what was paid agrees with retraining without random contributors. Floats
 * are figures for readers: no amount is computed from them.
 */
export const epochAudit = z.object({
  format: z.literal(EPOCH_AUDIT_FORMAT),
  version: z.literal(1),
  epoch: z.number().int().nonnegative(),
  seed: z.string(),
  /** real retrainings behind the figures */
  retrainings: z.number().int().positive(),
  contributors: z
    .array(
      z.object({
        contributor: z.string(),
        /** the additive value that payment rests on, in its own unit */
        paid: finite,
        /** loss that the contributor saves a random coalition */
        banzhaf: finite,
        standardError: finite.nullable(),
      }),
    )
    .min(1),
  /** over contributors, with 95 % intervals over resampled coalitions; null below three contributors */
  pearson: correlation.nullable(),
  spearman: correlation.nullable(),
})
export type EpochAudit = z.infer<typeof epochAudit>

export interface EpochAuditInput {
  readonly epoch: number
  readonly seed: string
  readonly contributors: readonly string[]
  readonly paid: ArrayLike<number>
  readonly coalitions: Coalitions
}

/**
 * @throws AttributionOracleError INVALID_ARGUMENT where lengths disagree or a contributor was never left out
 */
export function auditEpoch({ epoch, seed, contributors, paid, coalitions }: EpochAuditInput): EpochAudit {
  if (contributors.length !== coalitions.players || paid.length !== coalitions.players)
    throw refused(
      'contributors',
      `${contributors.length} names, ${paid.length} values`,
      `${coalitions.players}, as in the coalitions`,
    )
  const estimate = banzhafValues(coalitions)
  const enough = contributors.length >= 3
  const drawn = enough ? resampled(coalitions, seed) : []
  const figure = (of: typeof pearson): EpochAudit['pearson'] => {
    if (!enough) return null
    const spread = drawn.map(values => of(paid, values)).sort((a, b) => a - b)
    const at = (share: number): number => spread[Math.round(share * (spread.length - 1))]!
    return { value: of(paid, estimate.values), low: at(0.025), high: at(0.975) }
  }
  return {
    format: EPOCH_AUDIT_FORMAT,
    version: 1,
    epoch,
    seed,
    retrainings: coalitions.utilities.length,
    contributors: contributors.map((contributor, index) => row(contributor, paid[index]!, estimate, index)),
    pearson: figure(pearson),
    spearman: figure(spearman),
  }
}

function row(
  contributor: string,
  paid: number,
  { values, standardErrors }: BanzhafEstimate,
  index: number,
): EpochAudit['contributors'][number] {
  const error = standardErrors[index]!
  return { contributor, paid, banzhaf: values[index]!, standardError: Number.isFinite(error) ? error : null }
}

/** Banzhaf values of coalitions drawn with repeats; draws in which a contributor is always in or always out are dropped. */
function resampled({ players, members, utilities }: Coalitions, seed: string): Float64Array[] {
  const stream = new CounterStream(seed, ['audit', 'epoch', utilities.length])
  const count = utilities.length
  const results: Float64Array[] = []
  for (let sample = 0; sample < RESAMPLES; sample++) {
    const sums = [new Float64Array(players), new Float64Array(players)]
    const counts = [new Float64Array(players), new Float64Array(players)]
    for (let draw = 0; draw < count; draw++) {
      const coalition = stream.below(count)
      for (let player = 0; player < players; player++) {
        const side = members[coalition * players + player]!
        sums[side]![player]! += utilities[coalition]!
        counts[side]![player]! += 1
      }
    }
    const values = sums[1]!.map((sum, p) => sum / counts[1]![p]! - sums[0]![p]! / counts[0]![p]!)
    if (values.every(Number.isFinite)) results.push(values)
  }
  return results
}
