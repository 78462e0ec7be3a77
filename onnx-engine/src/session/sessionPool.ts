import { join } from 'node:path'
import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import type { Feeds, Outputs } from './feeds'
import type { ProviderChoice } from './providers'
import type { SessionOptions } from './sessionOptions'
import { ThreadHandle } from './threadHandle'

const THREAD_ENTRY = join(__dirname, `sessionThread${__filename.slice(-3)}`)

export interface PoolOptions extends SessionOptions {
  /** The ONNX file's bytes, or its path, beside which its external data are. */
  readonly model: Uint8Array | string
  /** Threads, each with a session of its own. */
  readonly workers: number
}

export interface RunOptions {
  /** Outputs to return; all of them when absent. */
  readonly fetches?: readonly string[]
  /** Stops waiting; a job that already runs in its thread ends there unheard. */
  readonly signal?: AbortSignal
  /** Hand the feeds' buffers over to the thread instead of copying them; the caller's arrays become empty. */
  readonly transfer?: boolean
}

interface Job {
  readonly feeds: Feeds
  readonly fetches: readonly string[] | undefined
  resolve(outputs: Outputs): void
  reject(error: unknown): void
}

/** Sessions of one model on worker threads. A native run blocks its thread, so it must not be the caller's. */
export class SessionPool {
  readonly workers: number
  /** What the threads compute with, and why with nothing that was preferred. */
  readonly providers: ProviderChoice
  readonly #threads: ThreadHandle[]
  readonly #idle: ThreadHandle[]
  #queue: Job[] = []
  #closing: Promise<void> | undefined

  /**
   * All threads use one provider, the first that the first thread can use. Rejects with SESSION_FAILED when ONNX Runtime
   * refuses the model, PROVIDER_UNAVAILABLE when no provider is left.
   */
  static async create({ model, workers, ...options }: PoolOptions): Promise<SessionPool> {
    const { providers = [] } = options
    const start = (given: SessionOptions): Promise<ThreadHandle> =>
      ThreadHandle.start(THREAD_ENTRY, { model, options: given })
    // Threads that chose each by itself could choose differently, and equal jobs would give different bits.
    const first = providers.length > 1 && workers > 0 ? [await start(options)] : []
    const choice = first[0]?.providers
    // Every provider before the one in use was refused.
    const chosen = providers.slice(choice?.refused.length).slice(0, 1)
    const pinned = choice ? { ...options, providers: chosen } : options
    const rest = Array.from({ length: workers - first.length }, () => start(pinned))
    const started = await Promise.allSettled(rest)
    const others = started.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const refused = started.find(outcome => outcome.status === 'rejected')
    if (refused) {
      await Promise.all([...first, ...others].map(thread => thread.close()))
      throw refused.reason
    }
    return new SessionPool([...first, ...others])
  }

  /** A pool over threads that are started already; it ends them when it is closed. */
  constructor(threads: ThreadHandle[]) {
    this.workers = threads.length
    this.providers = threads[0]?.providers ?? { used: 'cpu', refused: [] }
    this.#threads = threads
    this.#idle = [...threads]
  }

  /**
   * Runs on the first free thread. Rejects with SESSION_FAILED (ONNX Runtime's reason), THREAD_DIED, POOL_CLOSED, or
   * the signal's reason.
   */
  run(feeds: Feeds, { fetches, signal, transfer = false }: RunOptions = {}): Promise<Outputs> {
    if (this.#closing) return Promise.reject(new OnnxEngineError('POOL_CLOSED', {}))
    if (this.#isDead) return Promise.reject(poolDied())
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const job: Job = { feeds: transfer ? feeds : copyOf(feeds), fetches, resolve, reject }
      if (signal) this.#rejectOnAbort(job, signal)
      this.#queue.push(job)
      this.#dispatch()
    })
  }

  /**
   * Runs every job and returns `read(outputs, index)` in the order of the jobs. Jobs are drawn from the iterable only
   * as threads become free, so that a long list of inputs need never be in memory.
   */
  async map<R>(
    jobs: Iterable<Feeds>,
    read: (outputs: Outputs, index: number) => R,
    options: RunOptions = {},
  ): Promise<R[]> {
    const results: R[] = []
    const source = jobs[Symbol.iterator]()
    let drawn = 0
    let failed = false
    const drain = async (): Promise<void> => {
      for (let next = source.next(); next.done !== true && !failed; next = source.next()) {
        const index = drawn++
        try {
          results[index] = read(await this.run(next.value, options), index)
        } catch (error) {
          failed = true
          throw error
        }
      }
    }
    // Two drains a thread: the next job already waits while the last result is read.
    await Promise.all(Array.from({ length: 2 * this.workers }, drain))
    return results
  }

  /** Rejects what waits with POOL_CLOSED, lets running jobs end, and ends all threads. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#threads.map(thread => thread.close())).then(() => undefined)
    this.#rejectQueue(new OnnxEngineError('POOL_CLOSED', {}))
    return this.#closing
  }

  get #isDead(): boolean {
    return this.#threads.every(thread => thread.isDead)
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idle.shift()
      if (!thread) return
      this.#start(this.#queue.shift() as Job, thread)
    }
  }

  #start(job: Job, thread: ThreadHandle): void {
    const done = (): void => {
      if (!thread.isDead) this.#idle.push(thread)
      else if (this.#isDead) this.#rejectQueue(poolDied())
      this.#dispatch()
    }
    thread.run(job.feeds, job.fetches).then(job.resolve, job.reject).finally(done)
  }

  #rejectQueue(error: OnnxEngineError): void {
    for (const job of this.#queue.splice(0)) job.reject(error)
  }

  #rejectOnAbort(job: Job, signal: AbortSignal): void {
    const abort = (): void => {
      this.#queue = this.#queue.filter(waiting => waiting !== job)
      job.reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    const { resolve, reject } = job
    job.resolve = outputs => {
      signal.removeEventListener('abort', abort)
      resolve(outputs)
    }
    job.reject = error => {
      signal.removeEventListener('abort', abort)
      reject(error)
    }
  }
}

function poolDied(): OnnxEngineError {
  return new OnnxEngineError('THREAD_DIED', { reason: 'no thread of the pool is left' })
}

/** Copies of exactly the elements: a view's whole buffer would otherwise travel to the thread. */
function copyOf(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [name, { ...tensor, data: copyOfElements(tensor.data) }]),
  )
}

/** Not `data.slice()`, which on a Buffer gives another view of the same memory. */
function copyOfElements<T extends Tensor['data']>(data: T): T {
  return Float32Array.prototype.slice.call(data) as unknown as T
}
