import type { Samples } from '../../differentiate/options'
import type { OnnxEngineErrorCode } from '../../errors'
import type { Retrained, RetrainerOptions, RetrainJob } from './retrainer'

/** What a retraining thread is started with. */
export interface RetrainSetup {
  readonly model: Uint8Array
  readonly options: RetrainerOptions
}

export type RetrainRequest =
  | {
      readonly kind: 'run'
      /** Absent where they are those of the run before. */
      readonly samples?: Samples
      readonly job: Omit<RetrainJob, 'signal' | 'onEpoch'>
    }
  | { readonly kind: 'abort' }
  | { readonly kind: 'close' }

/** A thread answers a run by any number of epochs and then once by its end. */
export type RetrainReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly loss: number }
  | { readonly kind: 'done'; readonly result: Retrained }
  | { readonly kind: 'failed'; readonly fault?: Fault; readonly reason: string }

/** An OnnxEngineError on its way to another thread, where it would lose its class. */
export interface Fault {
  readonly code: OnnxEngineErrorCode
  readonly data: never
}
