import {
  GraphBuilder,
  SessionPool,
  batchOf,
  crossEntropy,
  decodeModel,
  encodeModel,
  type Feeds,
  type Tokenizer,
} from '@open-datanets/onnx-engine'
import { encodeFiles } from '../corpus/encodedFiles'
import type { Window } from '../corpus/windows'
import { lossOf, type Loss } from '../documents/loss'

export interface EvaluateOptions {
  /** Bytes of an ONNX forward graph: `tokens` int64 [B, T] to `logits` float [B, T, V]. */
  model: Uint8Array
  tokenizer: Tokenizer
  contextLength: number
  /** Threads; the result does not depend on them. Default 1. */
  workers?: number
  onProgress?: (progress: { done: number; total: number }) => void
  signal?: AbortSignal
}

const BATCH = 32

/** The forward graph with the summed loss of each row behind it. */
function scoringGraph(forward: Uint8Array): Uint8Array {
  const { graph, opset } = decodeModel(forward)
  const builder = GraphBuilder.from({ ...graph, outputs: [] }, { opset })
  const targets = builder.input('targets', 'int64', ['B', 'T'])
  builder.output(crossEntropy(builder, builder.value('logits'), targets).perSample, 'loss')
  return encodeModel(builder.model())
}

function* batches(windows: readonly Window[]): Generator<Feeds> {
  for (let start = 0; start < windows.length; start += BATCH) {
    const rows = windows.slice(start, start + BATCH)
    yield {
      ...batchOf(
        rows.map(({ tokens }) => tokens),
        rows.map(({ targets }) => targets),
      ),
    }
  }
}

/** How well a model predicts files. Needs at least one file. */
export async function evaluate(o: EvaluateOptions, files: readonly { bytes: Uint8Array }[]): Promise<Loss> {
  const { windows, tokens, bytes } = encodeFiles(files, o.tokenizer, o.contextLength)
  const total = Math.ceil(windows.length / BATCH)
  const pool = await SessionPool.create({ model: scoringGraph(o.model), workers: o.workers ?? 1 })
  let done = 0
  try {
    const sums = await pool.map(
      batches(windows),
      ({ loss }) => {
        o.onProgress?.({ done: ++done, total })
        return (loss!.data as Float32Array).reduce((sum, value) => sum + value, 0)
      },
      o.signal && { signal: o.signal },
    )
    return lossOf(
      sums.reduce((sum, value) => sum + value, 0),
      tokens,
      bytes,
    )
  } finally {
    await pool.close()
  }
}
