import { OnnxEngineError } from '../errors'

/** Bytes that are not what they claim to be. */
export function malformed(what: string, got: string, expected: string): never {
  throw new OnnxEngineError('MALFORMED_NPY', { what, got, expected })
}

/** A sound array of a kind that the engine has no use for. */
export function unsupported(what: string, got: string, advice: string): never {
  throw new OnnxEngineError('UNSUPPORTED_NPY', { what, got, advice })
}

/** Appends to a fault where it was found: of which array, in which file. */
export function naming<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof OnnxEngineError)) throw error
    const { what, tensor } = error.data as { what?: string; tensor?: string }
    const place = what === undefined ? { tensor: `${tensor}${where}` } : { what: `${what}${where}` }
    throw new OnnxEngineError(error.code, { ...error.data, ...place } as never, { cause: error })
  }
}
