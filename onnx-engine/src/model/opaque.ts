import { OnnxEngineError } from '../errors'
import type { OpaqueTensor, Tensor, ValueInfo } from './types'

type Fault = { readonly what: string; readonly got: string; readonly expected: string }

/** Properties that say what is wrong when somebody needs them, and not before: most of a model is never looked at. */
function throwing<T extends object>(target: T, names: readonly string[], fault: Fault): T {
  for (const name of names)
    Object.defineProperty(target, name, {
      enumerable: true,
      get() {
        throw new OnnxEngineError('UNSUPPORTED_MODEL', fault)
      },
    })
  return target
}

/** A tensor that is written back as it came. Its dims can be read, its type and data throw UNSUPPORTED_MODEL. */
export const opaqueTensor = (dims: readonly number[], opaque: OpaqueTensor, fault: Fault): Tensor =>
  throwing({ dims, opaque }, ['dtype', 'data'], fault) as Tensor

/** A graph input or output that is written back as it came; its type and dims throw UNSUPPORTED_MODEL. */
export const opaqueValue = (name: string, opaque: Uint8Array, fault: Fault): ValueInfo =>
  throwing({ name, opaque }, ['dtype', 'dims'], fault) as ValueInfo
