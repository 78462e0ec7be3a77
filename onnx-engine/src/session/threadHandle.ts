import type { Worker } from 'node:worker_threads'
import { OnnxEngineError } from '../errors'
import type { Feeds, Outputs } from './feeds'
import type { ProviderChoice } from './providers'
import { startThread } from './startThread'
import type { ThreadReply, ThreadRequest, ThreadSetup } from './threadProtocol'

interface Waiting {
  resolve(reply: ThreadReply): void
  reject(error: OnnxEngineError): void
}

/** The caller's side of one session thread. It runs one job at a time. */
export class ThreadHandle {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #waiting: Waiting | undefined
  #providers: ProviderChoice = { used: 'cpu', refused: [] }
  #dead: OnnxEngineError | undefined

  /** Resolves when the thread's session is created; rejects as createSession does. */
  static async start(entry: string, setup: ThreadSetup): Promise<ThreadHandle> {
    const handle = new ThreadHandle(startThread(entry, setup))
    try {
      const reply = await handle.#answer('create')
      if (reply.kind === 'ready') handle.#providers = reply.providers
    } catch (error) {
      await handle.close()
      throw error
    }
    return handle
  }

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#exited = new Promise(resolve => worker.once('exit', () => resolve()))
    worker.once('error', error => this.#die(error instanceof Error ? error.message : String(error)))
    worker.once('exit', code => this.#die(`exit code ${code}`))
  }

  /** What the thread's session computes with. */
  get providers(): ProviderChoice {
    return this.#providers
  }

  get isDead(): boolean {
    return this.#dead !== undefined
  }

  /** Takes over the buffers of the feeds. */
  async run(feeds: Feeds, fetches: readonly string[] | undefined): Promise<Outputs> {
    const buffers = new Set(Object.values(feeds).map(tensor => tensor.data.buffer as ArrayBuffer))
    try {
      this.#post({ kind: 'run', feeds, fetches }, [...buffers])
    } catch (error) {
      const reason = `the feeds cannot be handed over: ${error instanceof Error ? error.message : String(error)}`
      throw new OnnxEngineError('SESSION_FAILED', { stage: 'run', reason }, { cause: error })
    }
    const reply = await this.#answer('run')
    return reply.kind === 'outputs' ? reply.outputs : {}
  }

  /** Lets a running job end, releases the session and ends the thread. */
  async close(): Promise<void> {
    this.#post({ kind: 'close' }, [])
    await this.#exited
  }

  #post(request: ThreadRequest, buffers: ArrayBuffer[]): void {
    this.#worker.postMessage(request, buffers)
  }

  #answer(stage: 'create' | 'run'): Promise<ThreadReply> {
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#worker.once('message', (reply: ThreadReply) => {
        this.#waiting = undefined
        if (reply.kind === 'failed')
          reject(new OnnxEngineError('SESSION_FAILED', { stage, reason: reply.reason }))
        else if (reply.kind === 'unavailable')
          reject(new OnnxEngineError('PROVIDER_UNAVAILABLE', { refused: reply.refused }))
        else resolve(reply)
      })
    })
  }

  #die(reason: string): void {
    if (this.#dead) return
    this.#dead = new OnnxEngineError('THREAD_DIED', { reason })
    this.#waiting?.reject(this.#dead)
    this.#waiting = undefined
  }
}
