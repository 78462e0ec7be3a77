import { GraphBuilder, type Model, SessionPool, crossEntropy, encodeModel } from '@open-datanets/onnx-engine'
import { BATCH, batched, feedsOf } from './batches'
import { finiteOutput } from './finite'
import type { Window } from './windows'

export interface LossOptions {
  readonly workers: number
  readonly signal?: AbortSignal
}

/** Losses without gradients: nats of every sequence, summed over its scored tokens; a third of a feature pass. */
export async function lossesOf(
  forward: Model,
  sequences: readonly { readonly windows: readonly Window[] }[],
  options: LossOptions,
): Promise<number[]> {
  const rows = sequences.flatMap(({ windows }, owner) => windows.map(window => ({ owner, window })))
  const batches = batched(rows)
  const pool = await SessionPool.create({ model: encodeModel(lossModel(forward)), workers: options.workers })
  try {
    const losses = await pool.map(feedsOf(batches), outputs => finiteOutput(outputs, 'loss'), options)
    const totals = sequences.map(() => 0)
    batches.flat().forEach(({ owner }, row) => {
      totals[owner]! += losses[Math.floor(row / BATCH)]?.[row % BATCH] as number
    })
    return totals
  } finally {
    await pool.close()
  }
}

/** tokens, targets -> loss [B] */
export function lossModel(forward: Model): Model {
  const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
  builder.outputs.length = 0
  const targets = builder.input('targets', 'int64', builder.value('tokens').dims)
  builder.output(crossEntropy(builder, builder.value('logits'), targets).perSample, 'loss')
  return builder.model()
}
