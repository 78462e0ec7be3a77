import type { InferenceSession } from 'onnxruntime-node'
import { toOrtProvider, type Provider } from './providers'

export type Optimization = 'disabled' | 'basic' | 'extended' | 'all'

/** What decides the bits of a session's results besides the model; receipts name these. */
export interface SessionOptions {
  /** Default 1: results do not depend on the machine's core count, and pools scale by workers instead. */
  readonly intraOpThreads?: number
  /** Default 'all'; float64 graphs need 'basic', because 'all' fuses into kernels that exist in float32 only. */
  readonly optimization?: Optimization
  /** In order of preference, default ['cpu']; the first that takes the model is used. GPUs give other bits than CPUs. */
  readonly providers?: readonly Provider[]
}

export function ortOptions(
  { intraOpThreads = 1, optimization = 'all' }: SessionOptions,
  provider: Provider,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [toOrtProvider(provider)],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    // Faults reach the caller as typed errors; the runtime's own lines on stderr would only repeat them.
    logSeverityLevel: 4,
    // A waiting thread that spins takes the core away from the other sessions.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }
}
