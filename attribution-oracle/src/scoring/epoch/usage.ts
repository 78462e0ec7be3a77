import type { PaidOutput, ScoringModel } from '../../domain'
import { checkpointKey } from './plan'
import type { CheckpointScores } from './scoreCheckpoint'
import { fuse } from '../text'

/** What stands of an output in the files, and what that counts against the gradient part. */
export interface SpanPart {
  readonly weight: number
  of(output: PaidOutput): ReadonlyMap<bigint, number>
}

/**
 * Which contributions shaped a model's paid outputs: per output the influence over every link of the lineage, fused with
 * the spans that it quotes, turned into shares of what was paid for it. A contribution that both an adapter and its base
 * learned from earns in both.
 * @param scores by `checkpointKey`
 * @param spans absent: the gradient part alone
 * @returns units of the amounts paid, by contribution
 */
export function usageOf(
  model: ScoringModel,
  outputs: readonly PaidOutput[],
  scores: ReadonlyMap<string, CheckpointScores>,
  spans?: SpanPart,
): Map<bigint, number> {
  const shares = new Map<bigint, number>()
  for (const output of inContentOrder(outputs)) {
    const pulls = influences(model, output, scores)
    const shaped = spans ? withSpans(pulls, spans.of(output), spans.weight) : pulls
    addShares(shares, shaped, Number(output.amount))
  }
  return shares
}

/**
 * One output's gradient and span parts, each in units of its spread over the contributions, so that neither outweighs
 * the other by its unit; nats of spans and float64 logs are the same on every machine.
 */
export function withSpans(
  pulls: ReadonlyMap<bigint, number>,
  spans: ReadonlyMap<bigint, number>,
  weight: number,
): Map<bigint, number> {
  const ids = [...pulls.keys()]
  const column = (values: ReadonlyMap<bigint, number>) => {
    return { rows: ids.length, columns: 1, data: Float64Array.from(ids, id => values.get(id) ?? 0) }
  }
  const { data } = fuse(column(pulls), column(spans), weight)
  return new Map(ids.map((id, row) => [id, data[row]!]))
}

/** Floats add up differently in another order; when a server happened to answer must not move a weight. */
function inContentOrder(outputs: readonly PaidOutput[]): PaidOutput[] {
  const keyed = outputs.map(output => ({
    output,
    key: `${output.promptTokens.join()}|${output.outputTokens.join()}|${output.amount}`,
  }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return keyed.map(({ output }) => output)
}

function influences(
  model: ScoringModel,
  output: PaidOutput,
  scores: ReadonlyMap<string, CheckpointScores>,
): Map<bigint, number> {
  const total = new Map<bigint, number>()
  for (const link of model.links) {
    for (const { digest } of link.checkpoints) {
      const scored = scores.get(checkpointKey(model, link, digest))
      const row = scored?.outputs.get(output)
      if (scored === undefined || row === undefined) continue
      const values = unitSpread(row)
      scored.files.forEach(({ id }, index) => total.set(id, (total.get(id) ?? 0) + (values[index] as number)))
    }
  }
  return total
}

/** Scales to standard deviation 1, so that no checkpoint outweighs the others by the size of its gradients alone. */
export function unitSpread(values: readonly number[]): number[] {
  const count = Math.max(1, values.length)
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / count)
  return deviation > 0 ? values.map(value => value / deviation) : values.map(() => 0)
}

/** Adds max(0, τ) over their sum, times the amount; nothing when no contribution helped. */
export function addShares(
  shares: Map<bigint, number>,
  influences: ReadonlyMap<bigint, number>,
  amount: number,
): void {
  let helpful = 0
  for (const value of influences.values()) helpful += Math.max(0, value)
  if (helpful === 0) return
  for (const [id, value] of influences) {
    if (value > 0) shares.set(id, (shares.get(id) ?? 0) + (amount * value) / helpful)
  }
}
