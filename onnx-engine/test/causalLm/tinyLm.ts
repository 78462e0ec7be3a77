import type { CausalLmConfig } from '../../src/causalLm/config'
import { counterBytes } from '../../src/random/counterStream'
import { batchOf, type Batch } from '../../src/training/batch'

/** Small enough for finite differences, with more than one of everything. */
export const tiny: CausalLmConfig = {
  vocabSize: 11,
  width: 8,
  layers: 2,
  heads: 2,
  mlpWidth: 12,
  contextLength: 6,
}

/** Random tokens; about one target in five is not scored. */
export function randomBatch(rows: number, length: number, seed: string, config = tiny): Batch {
  const stream = counterBytes(seed, 'batch')
  const row = () => Array.from({ length }, () => stream.below(config.vocabSize))
  const tokens = Array.from({ length: rows }, row)
  const targets = Array.from({ length: rows }, row).map(ids =>
    ids.map(id => (stream.below(5) === 0 ? -1 : id)),
  )
  return batchOf(tokens, targets)
}
