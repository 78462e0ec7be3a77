import type { InferenceSession } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'
import { createSession, type OpenSession } from './createSession'
import { fromOrtOutputs, toOrtFeeds, type Feeds, type Outputs } from './feeds'
import type { ProviderChoice } from './providers'
import type { SessionOptions } from './sessionOptions'

export interface DirectSessionOptions extends SessionOptions {
  /** The ONNX file's bytes, or its path, beside which its external data are. */
  readonly model: Uint8Array | string
}

/**
 * One session in the caller's thread. A run blocks the event loop and reads its inputs in place, so that a caller may
 * keep large inputs (a key/value cache) and change them between runs without copying.
 */
export class DirectSession {
  /** What it computes with, and why with nothing that was preferred. */
  readonly providers: ProviderChoice
  readonly #session: InferenceSession

  /** Rejects with SESSION_FAILED when ONNX Runtime refuses the model, PROVIDER_UNAVAILABLE when no provider is left. */
  static async create({ model, ...options }: DirectSessionOptions): Promise<DirectSession> {
    return new DirectSession(await createSession(model, options))
  }

  private constructor({ session, providers }: OpenSession) {
    this.#session = session
    this.providers = providers
  }

  /** Rejects with SESSION_FAILED and ONNX Runtime's reason. */
  async run(feeds: Feeds, fetches: readonly string[] = this.#session.outputNames): Promise<Outputs> {
    try {
      return fromOrtOutputs(await this.#session.run(toOrtFeeds(feeds), [...fetches]))
    } catch (error) {
      if (error instanceof OnnxEngineError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new OnnxEngineError('SESSION_FAILED', { stage: 'run', reason }, { cause: error })
    }
  }

  async close(): Promise<void> {
    await this.#session.release()
  }
}
