import { OnnxEngineError } from '../errors'

/** Sizes of a decoder-only transformer. */
export interface CausalLmConfig {
  readonly vocabSize: number
  readonly width: number
  readonly layers: number
  /** Must divide `width`. */
  readonly heads: number
  readonly mlpWidth: number
  readonly contextLength: number
}

/** Throws INVALID_ARGUMENT unless every size is a positive integer and the heads divide the width. */
export function checkConfig(config: CausalLmConfig): void {
  for (const size of ['vocabSize', 'width', 'layers', 'heads', 'mlpWidth', 'contextLength'] as const) {
    if (!(Number.isSafeInteger(config[size]) && config[size] > 0)) {
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: `causalLm.${size}`,
        got: String(config[size]),
        expected: 'a positive integer',
      })
    }
  }
  if (config.width % config.heads !== 0) {
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: 'causalLm.heads',
      got: String(config.heads),
      expected: `a divisor of the width ${config.width}`,
    })
  }
}
