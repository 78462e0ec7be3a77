import type { Feeds } from '@open-datanets/onnx-engine'
import { type Window, IGNORED } from './windows'

/** Windows in one run: large enough that a run's fixed cost vanishes, small enough for the cache. */
export const BATCH = 16

/** One window and the index of the sequence that it belongs to. */
export interface Row {
  readonly owner: number
  readonly window: Window
}

export function batched(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, index) =>
    rows.slice(index * BATCH, (index + 1) * BATCH),
  )
}

/**
 * Feeds of equal shape; a short last batch is filled with rows that score nothing.
 * @param labels source of the uniform numbers that sampled labels are drawn with
 */
export function* feedsOf(batches: readonly Row[][], labels?: { uint32(): number }): Iterable<Feeds> {
  for (const batch of batches) {
    const length = batch[0]?.window.tokens.length ?? 0
    const dims = [BATCH, length]
    const tokens = new BigInt64Array(BATCH * length)
    const targets = new BigInt64Array(BATCH * length).fill(BigInt(IGNORED))
    batch.forEach(({ window }, row) => {
      for (let position = 0; position < length; position++) {
        tokens[row * length + position] = BigInt(window.tokens[position] as number)
        targets[row * length + position] = BigInt(window.targets[position] as number)
      }
    })
    const feeds: Feeds = {
      tokens: { dtype: 'int64', dims, data: tokens },
      targets: { dtype: 'int64', dims, data: targets },
    }
    if (labels === undefined) yield feeds
    else {
      // 24 bits, so that float32 holds them exactly and never rounds up to 1
      const uniforms = Float32Array.from(tokens, () => (labels.uint32() >>> 8) / 2 ** 24)
      yield { ...feeds, uniforms: { dtype: 'float32', dims, data: uniforms } }
    }
  }
}
