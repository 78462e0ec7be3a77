import type { Outputs } from '../session/feeds'

export interface Combined {
  /** Mean loss over all scored tokens. */
  readonly loss: number
  /** Scored tokens. */
  readonly count: number
  /** Gradient of that mean. */
  readonly gradient: Float32Array
  /** Euclidean norm of the gradient. */
  readonly norm: number
}

/** Joins the means of shards into the mean over all their tokens, always in the order of the shards. */
export function combineShards(shards: readonly Outputs[]): Combined {
  const count = shards.reduce((sum, shard) => sum + scalarOf(shard, 'count'), 0)
  const gradient = new Float32Array(shards[0]?.gradient?.data.length ?? 0)
  let loss = 0
  for (const shard of shards) {
    const share = count === 0 ? 0 : scalarOf(shard, 'count') / count
    loss += share * scalarOf(shard, 'loss')
    addScaled(gradient, shard.gradient?.data as Float32Array, share)
  }
  return { loss, count, gradient, norm: normOf(gradient) }
}

function scalarOf(outputs: Outputs, name: string): number {
  return Number(outputs[name]?.data[0])
}

function addScaled(sum: Float32Array, addend: Float32Array, scale: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + scale * (addend[i] as number)
}

function normOf(values: Float32Array): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] as number) * (values[i] as number)
  return Math.sqrt(squares)
}
