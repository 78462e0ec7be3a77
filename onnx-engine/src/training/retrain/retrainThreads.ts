import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Samples } from '../../differentiate/options'
import { OnnxEngineError } from '../../errors'
import { encodeModel } from '../../model/encode'
import type { Model } from '../../model/types'
import { startThread } from '../../session/startThread'
import type { Retrained, RetrainerOptions, RetrainJob } from './retrainer'
import type { RetrainReply, RetrainRequest } from './threadProtocol'

const THREAD_ENTRY = join(__dirname, `retrainThread${__filename.slice(-3)}`)

interface Waiting {
  readonly samples: Samples
  readonly job: RetrainJob
  resolve(result: Retrained): void
  reject(error: unknown): void
}

/** Threads that each train a whole run, so that no step crosses from one thread to another. */
export class RetrainThreads {
  readonly #queue: Waiting[] = []

  /** Rejects with what `Retrainer.open` does, or THREAD_DIED. */
  static async start(forward: Model, options: RetrainerOptions, count: number): Promise<RetrainThreads> {
    const model = encodeModel(forward)
    const started = await Promise.allSettled(
      Array.from({ length: count }, () => RetrainThread.start(model, options)),
    )
    const threads = started.flatMap(start => (start.status === 'fulfilled' ? [start.value] : []))
    const failed = started.find(start => start.status === 'rejected')
    if (!failed) return new RetrainThreads(threads)
    await Promise.all(threads.map(thread => thread.close()))
    throw failed.reason
  }

  private constructor(private readonly threads: readonly RetrainThread[]) {}

  run(samples: Samples, job: RetrainJob): Promise<Retrained> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ samples, job, resolve, reject })
      this.#dispatch()
    })
  }

  async close(): Promise<void> {
    for (const waiting of this.#queue.splice(0)) waiting.reject(new OnnxEngineError('POOL_CLOSED', {}))
    await Promise.all(this.threads.map(thread => thread.close()))
  }

  #dispatch(): void {
    for (const thread of this.threads) {
      if (thread.isBusy) continue
      const next = this.#queue.shift()
      if (!next) return
      const { samples, job, resolve, reject } = next
      thread
        .run(samples, job)
        .then(resolve, reject)
        .finally(() => this.#dispatch())
    }
  }
}

class RetrainThread {
  #job: { resolve(result?: Retrained): void; reject(error: unknown): void } | undefined
  #onEpoch: RetrainJob['onEpoch']
  #samples: Samples | undefined
  #dead: OnnxEngineError | undefined
  readonly #exited: Promise<void>

  static async start(model: Uint8Array, options: RetrainerOptions): Promise<RetrainThread> {
    const thread = new RetrainThread(startThread(THREAD_ENTRY, { model, options }))
    try {
      await thread.#answer()
    } catch (error) {
      await thread.#worker.terminate()
      throw error
    }
    return thread
  }

  readonly #worker: Worker

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#exited = new Promise(resolve => worker.once('exit', () => resolve()))
    worker.on('message', (reply: RetrainReply) => this.#hear(reply))
    worker.once('error', error => this.#die(error instanceof Error ? error.message : String(error)))
    worker.once('exit', code => this.#die(`exit code ${code}`))
  }

  get isBusy(): boolean {
    return this.#job !== undefined
  }

  async run(samples: Samples, job: RetrainJob): Promise<Retrained> {
    const { signal, onEpoch, ...plain } = job
    signal?.throwIfAborted()
    const abort = (): void => this.#post({ kind: 'abort' })
    signal?.addEventListener('abort', abort, { once: true })
    this.#onEpoch = onEpoch
    this.#post({ kind: 'run', job: plain, ...(samples !== this.#samples && { samples }) })
    this.#samples = samples
    try {
      return (await this.#answer())!
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async close(): Promise<void> {
    this.#post({ kind: 'abort' })
    this.#post({ kind: 'close' })
    await this.#exited
  }

  #post(request: RetrainRequest): void {
    this.#worker.postMessage(request)
  }

  #answer(): Promise<Retrained | undefined> {
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => (this.#job = { resolve, reject }))
  }

  #hear(reply: RetrainReply): void {
    if (reply.kind === 'epoch') return this.#onEpoch?.(reply.epoch, reply.loss)
    const job = this.#job
    this.#job = undefined
    if (reply.kind === 'failed')
      job?.reject(
        reply.fault
          ? new OnnxEngineError(reply.fault.code, reply.fault.data)
          : new OnnxEngineError('THREAD_DIED', { reason: reply.reason }),
      )
    else job?.resolve(reply.kind === 'done' ? reply.result : undefined)
  }

  #die(reason: string): void {
    if (this.#dead) return
    this.#dead = new OnnxEngineError('THREAD_DIED', { reason })
    this.#job?.reject(this.#dead)
    this.#job = undefined
  }
}
