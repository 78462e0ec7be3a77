import type { PaidOutput, ScoringModel } from '../domain'
import { checkpointKey } from './plan'
import type { CheckpointScores } from './scoreCheckpoint'

/**
 * Which contributions shaped a model's paid outputs: per output the influence over every link of the lineage, turned
 * into shares of what was paid for it. A contribution that both an adapter and its base learned from earns in both.
 * @param scores by `checkpointKey`
 * @returns units of the amounts paid, by contribution
 */
export function usageOf(
  model: ScoringModel,
  outputs: readonly PaidOutput[],
  scores: ReadonlyMap<string, CheckpointScores>,
): Map<bigint, number> {
  const shares = new Map<bigint, number>()
  for (const output of inContentOrder(outputs))
    addShares(shares, influences(model, output, scores), Number(output.amount))
  return shares
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
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count)
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
