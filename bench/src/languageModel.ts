import { batchOf, counterBytes, type Batch, type CausalLmConfig } from '@open-datanets/onnx-engine'

export const CONTEXT = 64
export const VOCABULARY = 1024
export const BATCH = 16

/** The demo's network at another width: two layers, four heads, an MLP four times as wide. */
export function languageModel(width: number): CausalLmConfig {
  return {
    vocabSize: VOCABULARY,
    width,
    layers: 2,
    heads: 4,
    mlpWidth: 4 * width,
    contextLength: CONTEXT,
  }
}

/** Whole windows of random tokens, every target scored. */
export function randomBatch(rows: number): Batch {
  const stream = counterBytes('bench', 'tokens')
  const windows = Array.from({ length: rows }, () =>
    Array.from({ length: CONTEXT + 1 }, () => stream.below(VOCABULARY)),
  )
  return batchOf(
    windows.map(window => window.slice(0, -1)),
    windows.map(window => window.slice(1)),
  )
}
