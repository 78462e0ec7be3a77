import type { ReasonCode, Verdict } from '../../domain'
import { percent } from '../percent'
import { type Codes, NearestRows } from './nearest'

/** Samples that are no text: rows of codes with a label, in the order of their commitment. */
export interface LabelledSamples {
  readonly codes: Codes
  /** One per row; absent where there are none (regression). */
  readonly labels?: ArrayLike<number>
}

export interface SampleRules {
  /** Held-out neighbours that are asked for their label. */
  readonly neighbours: number
  /** Share of the held-out samples that may be lonelier than a sample that is accepted. */
  readonly lonelier: number
  /** Cosine from which two samples are one; their codes cannot be told from a re-encoding. */
  readonly sameFrom: number
}

export const DEFAULT_SAMPLE_RULES: SampleRules = { neighbours: 10, lonelier: 0.005, sameFrom: 0.9995 }

export interface SampleDecision {
  readonly verdict: Verdict
  readonly reason: ReasonCode
  /** Row of the first of its cluster; its own row unless it is a copy. */
  readonly representative: number
  /** 1 where nothing earlier is closer than held-out samples are to one another, 0 for a copy. */
  readonly novelty: number
  readonly detail: string
}

/**
 * Screens samples by what the held-out set looks like, which contributors never saw: every threshold is a quantile of
 * the distances inside of it, so that none is tuned to a kind of data. There is no account in the input.
 *
 * - a copy of an earlier row (same codes, same label) adds nothing;
 * - a row that is closer to an earlier one of its label than half of the held-out samples are to their nearest is paid
 *   for the difference only: `novelty` falls linearly to 0 at a copy;
 * - a row farther from all held-out samples than all but `lonelier` of these are from one another is an outlier;
 * - a row whose label none of its nearest held-out neighbours has is contradicted by them.
 * @throws nothing; with fewer than two held-out samples only copies are found
 */
export function screenSamples(
  samples: LabelledSamples,
  heldOut: LabelledSamples,
  rules: SampleRules = DEFAULT_SAMPLE_RULES,
): SampleDecision[] {
  const reference = new NearestRows(heldOut.codes)
  const alone = Array.from(
    { length: heldOut.codes.rows },
    (_, row) => reference.of(heldOut.codes, row, 1, index => index !== row)[0]?.cosine ?? 0,
  ).sort((a, b) => a - b)
  const comparable = alone.length >= 2
  const loneliest = alone[Math.floor(rules.lonelier * alone.length)] ?? -1
  const ordinary = alone[alone.length >> 1] ?? 1
  const earlier = new NearestRows(samples.codes)
  const { labels } = samples
  const representative: number[] = []

  return Array.from({ length: samples.codes.rows }, (_, row): SampleDecision => {
    representative[row] = row
    const [nearest] = earlier.of(
      samples.codes,
      row,
      1,
      index => index < row && (!labels || labels[index] === labels[row]),
    )
    if (nearest !== undefined && nearest.cosine >= rules.sameFrom) {
      const first = representative[nearest.index]!
      representative[row] = first
      const reason = isSame(samples.codes, row, nearest.index) ? 'EXACT_COPY' : 'NEAR_COPY'
      const detail = `cosine ${nearest.cosine.toFixed(5)} with row ${nearest.index}, committed earlier`
      return { verdict: 'copy', reason, representative: first, novelty: 0, detail }
    }
    const around = comparable ? reference.of(samples.codes, row, rules.neighbours) : []
    const closest = around[0]
    if (closest !== undefined && closest.cosine < loneliest)
      return rejected(
        row,
        'OUTLIER',
        `cosine ${closest.cosine.toFixed(3)} with the nearest held-out sample, at least ${loneliest.toFixed(3)}`,
      )
    if (closest !== undefined && samples.labels && heldOut.labels) {
      const agree = around.filter(({ index }) => heldOut.labels![index] === samples.labels![row]).length
      if (agree === 0)
        return rejected(
          row,
          'CONTRADICTED',
          `none of the ${around.length} nearest held-out samples has its label`,
        )
    }
    const novelty =
      nearest === undefined || nearest.cosine <= ordinary || !comparable
        ? 1
        : Math.max(0, (1 - nearest.cosine) / (1 - ordinary))
    const detail = `${percent(1 - novelty)} of it is closer to an earlier sample than is ordinary`
    return { verdict: 'accepted', reason: 'ACCEPTED', representative: row, novelty, detail }
  })
}

function isSame({ width, data }: Codes, a: number, b: number): boolean {
  for (let i = 0; i < width; i++) if (data[a * width + i] !== data[b * width + i]) return false
  return true
}

const rejected = (row: number, reason: ReasonCode, detail: string): SampleDecision => ({
  verdict: 'rejected',
  reason,
  representative: row,
  novelty: 0,
  detail,
})
