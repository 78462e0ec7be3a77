import { InferenceSession } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'
import { fromOrtOutputs, toOrtFeeds, type Feeds, type Outputs } from './feeds'
import { ortOptions, type SessionOptions } from './sessionOptions'

export interface DirectSessionOptions extends SessionOptions {
  /** The ONNX file's bytes. */
  readonly model: Uint8Array
}

/**
 * One session in the caller's thread. A run blocks the event loop and reads its inputs in place, so that a caller may
 * keep large inputs (a key/value cache) and change them between runs without copying.
 */
export class DirectSession {
  readonly #session: InferenceSession

  /** Rejects with SESSION_FAILED when ONNX Runtime refuses the model. */
  static async create({ model, ...options }: DirectSessionOptions): Promise<DirectSession> {
    return new DirectSession(
      await failingAt('create', () => InferenceSession.create(model, ortOptions(options))),
    )
  }

  private constructor(session: InferenceSession) {
    this.#session = session
  }

  /** Rejects with SESSION_FAILED and ONNX Runtime's reason. */
  async run(feeds: Feeds, fetches: readonly string[] = this.#session.outputNames): Promise<Outputs> {
    return fromOrtOutputs(await failingAt('run', () => this.#session.run(toOrtFeeds(feeds), [...fetches])))
  }

  async close(): Promise<void> {
    await this.#session.release()
  }
}

async function failingAt<T>(stage: 'create' | 'run', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OnnxEngineError('SESSION_FAILED', { stage, reason }, { cause: error })
  }
}
