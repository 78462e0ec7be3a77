import { encodeModel, GraphBuilder, SessionPool, type Model } from '@open-datanets/onnx-engine'
import { batched, feedsOf, type Row } from '../../../attribution-oracle/src/scoring/epoch/batches'
import { IGNORED } from '../../../attribution-oracle/src/scoring/epoch/windows'
import type { WindowList } from './differentiate'

/** What the last layer reads, averaged over a sequence's scored tokens: one vector for each sequence. */
export async function hiddenStates(
  forward: Model,
  sequences: readonly WindowList[],
  workers: number,
): Promise<Float64Array[]> {
  const rows = sequences.flatMap(({ windows }, owner) => windows.map(window => ({ owner, window })))
  const batches = batched(rows)
  const { model, width } = hiddenStateModel(forward)
  const sums = sequences.map(() => new Float64Array(width))
  const pool = await SessionPool.create({ model: encodeModel(model), workers })
  try {
    const states = await pool.map(tokensOf(batches), ({ hidden }) => hidden!.data as Float32Array)
    states.forEach((data, index) => {
      addStates(sums, batches[index]!, data, width)
    })
  } finally {
    await pool.close()
  }
  return sums.map(sum => unit(sum))
}

/** Cosines after the mean of the rows was taken off both sides; without that every text looks like every other. */
export function centredCosines(query: Float64Array, rows: readonly Float64Array[]): number[] {
  const mean = new Float64Array(query.length)
  for (const row of rows) row.forEach((value, i) => (mean[i]! += value / rows.length))
  const centred = (vector: Float64Array): Float64Array => unit(vector.map((value, i) => value - mean[i]!))
  const direction = centred(query)
  return rows.map(row => centred(row).reduce((sum, value, i) => sum + value * direction[i]!, 0))
}

function hiddenStateModel(forward: Model): { model: Model; width: number } {
  const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
  // an Identity may stand between the head's product and the name of the output
  let head = builder.producer(builder.value('logits'))!
  while (head.opType !== 'MatMul') head = builder.producer(builder.value(head.inputs[0]!))!
  const hidden = builder.value(head.inputs[0]!)
  builder.outputs.length = 0
  builder.output(hidden, 'hidden')
  return { model: builder.model(), width: Number(hidden.dims.at(-1)) }
}

function* tokensOf(batches: readonly Row[][]) {
  for (const { tokens } of feedsOf(batches)) yield { tokens: tokens! }
}

function addStates(
  sums: readonly Float64Array[],
  batch: readonly Row[],
  states: Float32Array,
  width: number,
): void {
  batch.forEach(({ owner, window: { targets } }, row) => {
    targets.forEach((target, position) => {
      if (target === IGNORED) return
      const start = (row * targets.length + position) * width
      for (let i = 0; i < width; i++) sums[owner]![i]! += states[start + i]!
    })
  })
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 ? vector : vector.map(value => value / norm)
}
