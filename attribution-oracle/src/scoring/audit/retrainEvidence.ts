import { CounterStream } from '@open-datanets/onnx-engine'
import type { Evidence } from './evidence'
import { refused } from './refused'

/**
 * Trains one model per mask and gives its losses.
 * @returns float64 [masks.length, columns] with the query losses of each model, in order
 */
export type RetrainAll = (jobs: readonly RetrainTask[]) => Promise<readonly Float64Array[]>

export interface RetrainTask {
  /** uint8 [n_train], 1: the sample is trained on */
  readonly mask: Uint8Array
  /** Decides first state and order; the same subset under another seed is another draw. */
  readonly seed: string
}

export interface EvidenceOptions {
  readonly rows: number
  readonly subsets: number
  readonly seed: string
  /** part of the samples, or contributors, that a subset keeps; 0.5 by default */
  readonly fraction?: number
  /** trainings per subset whose losses are averaged; 1 by default */
  readonly repeats?: number
  /** contributor of every sample: whole contributors are drawn instead of samples */
  readonly groups?: ArrayLike<number>
}

/** Evidence from the caller's own retraining: K random subsets by the seed, each trained and measured. */
export async function retrainEvidence(retrain: RetrainAll, options: EvidenceOptions): Promise<Evidence> {
  const { subsets, rows, seed, repeats = 1 } = options
  const masks = subsetMasks(options)
  const tasks = Array.from({ length: subsets * repeats }, (_, index): RetrainTask => {
    const subset = Math.floor(index / repeats)
    return {
      mask: masks.subarray(subset * rows, (subset + 1) * rows),
      seed: `${seed}/retrain/${subset}/${index % repeats}`,
    }
  })
  const losses = await retrain(tasks)
  const columns = losses[0]?.length ?? 0
  const means = new Float64Array(subsets * columns)
  losses.forEach((own, index) => {
    const at = Math.floor(index / repeats) * columns
    own.forEach((loss, column) => (means[at + column]! += loss / repeats))
  })
  return { masks, subsets, losses: means, columns }
}

/** uint8 [subsets, rows]: in every subset the same number of samples, or of contributors. */
export function subsetMasks({ rows, subsets, seed, fraction = 0.5, groups }: EvidenceOptions): Uint8Array {
  if (!(fraction > 0 && fraction < 1)) throw refused('fraction', String(fraction), 'a number between 0 and 1')
  if (groups && groups.length !== rows) throw refused('groups', `${groups.length} entries`, `${rows}`)
  const units = groups ? new Set(Array.from(groups)).size : rows
  if (units < 2) throw refused(groups ? 'contributors' : 'samples', String(units), 'two or more')
  const names = groups ? [...new Set(Array.from(groups))].sort((a, b) => a - b) : undefined
  const keep = Math.min(units - 1, Math.max(1, Math.round(fraction * units)))
  const stream = new CounterStream(seed, ['audit', 'subsets', names ? 'groups' : 'samples', rows])
  const all = Array.from({ length: units }, (_, unit) => unit)
  const masks = new Uint8Array(subsets * rows)
  for (let subset = 0; subset < subsets; subset++) {
    const kept = stream.shuffle(all).slice(0, keep)
    if (!groups) for (const row of kept) masks[subset * rows + row] = 1
    else {
      const owners = new Set(kept.map(unit => names![unit]!))
      for (let row = 0; row < rows; row++) if (owners.has(groups[row]!)) masks[subset * rows + row] = 1
    }
  }
  return masks
}
