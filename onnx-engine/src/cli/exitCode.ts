import { OnnxEngineError } from '../errors'

/**
 * What the process says when it ends; scripts rely on these numbers.
 *
 *   0 done, or every gradient is right
 *   1 the model has unsupported operators, or a gradient is wrong
 *   2 arguments, a file or the data given cannot be used, or ONNX Runtime refused the model
 *   3 a fault of this program
 */
export const EXIT = { done: 0, wrong: 1, caller: 2, unexpected: 3 } as const

export const exitCodeOf = (error: unknown): number =>
  error instanceof OnnxEngineError && error.code === 'UNSUPPORTED_OPERATOR' ? EXIT.wrong : EXIT.caller
