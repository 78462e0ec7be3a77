import type { Worker } from 'node:worker_threads'
import { startThread } from '@open-datanets/onnx-engine'
import type { Observe, Progress } from '../domain'
import { AttributionOracleError } from '../errors'
import { errorOf } from './fault'
import type { JobOptions, Jobs, Reply, Request } from './protocol'

/** To release what it holds, when it is asked to end. */
const GRACE_MS = 3_000

export interface JobThreadOptions {
  /** for faults */
  readonly name: string
  /** a module that calls serveJobs */
  readonly entry: string
  /** in its workerData */
  readonly setup: unknown
  readonly observe: Observe
  /** how long it stays without a job; for ever when left out */
  readonly idleMs?: number
}

interface Waiting {
  resolve(output: unknown): void
  reject(error: Error): void
  onProgress(progress: Progress): void
}

/**
 * A thread that runs jobs until it is closed. Where it dies its jobs fail with THREAD_DIED, and the next one starts another
 * thread; so does the next one after it was let go.
 */
export class JobThread<T extends Jobs<T>> {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #ready: Promise<void> = Promise.resolve()
  #ended: Promise<void> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined
  #last = 0
  #closed = false

  private constructor(private readonly options: JobThreadOptions) {}

  /** Starts it; it loads while the caller goes on. */
  static start<T extends Jobs<T>>(options: JobThreadOptions): JobThread<T> {
    const thread = new JobThread<T>(options)
    thread.#running()
    return thread
  }

  /** Starts it with its first job, and lets it go, memory and all, when it had none for `idleMs`. */
  static onDemand<T extends Jobs<T>>(options: JobThreadOptions & { idleMs: number }): JobThread<T> {
    return new JobThread<T>(options)
  }

  /** @throws what opening throws inside of the thread, THREAD_DIED */
  ready(): Promise<void> {
    return this.#ready
  }

  /**
   * Runs a job. A caller that stops waits no more: what the job still does comes to nothing.
   * @throws what the job throws, by class, code and data; ABORTED, THREAD_DIED
   */
  async run<N extends keyof T & string>(
    name: N,
    input: Parameters<T[N]>[0],
    { onProgress = () => undefined, signal }: Partial<JobOptions> = {},
  ): Promise<Awaited<ReturnType<T[N]>>> {
    if (this.#closed || signal?.aborted) throw aborted(name)
    const worker = this.#running()
    clearTimeout(this.#idle)
    const id = ++this.#last
    const abort = (): void => {
      this.#post(worker, { kind: 'abort', id })
      this.#waiting.get(id)?.reject(aborted(name))
    }
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, onProgress })
        signal?.addEventListener('abort', abort, { once: true })
        this.#post(worker, { kind: 'run', id, name, input })
      })
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#waiting.delete(id)
      this.#rest()
    }
  }

  /** Ends the thread, in order if it can; jobs that are left fail with ABORTED. */
  async close(): Promise<void> {
    this.#closed = true
    this.#rejectAll(aborted('thread'))
    this.#letGo()
    await this.#ended
  }

  /** of the thread that runs now, see worker_threads */
  get threadId(): number | undefined {
    return this.#worker?.threadId
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const { entry, setup } = this.options
    const worker = (this.#worker = startThread(entry, setup))
    this.#ready = new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        this.#lose(worker, error)
        reject(error)
      }
      worker.on('message', (reply: Reply) => {
        if (reply.kind === 'ready') resolve()
        else if (reply.kind === 'notOpened') lost(errorOf(reply.fault))
        else this.#hear(reply)
      })
      worker.once('error', (error: unknown) => lost(this.#died(reasonOf(error))))
      worker.once('messageerror', error => lost(this.#died(reasonOf(error))))
      worker.once('exit', code => lost(this.#died(`exit code ${code}`)))
    })
    // heard by whoever opens it, and by the jobs
    this.#ready.catch(() => undefined)
    return worker
  }

  #rest(): void {
    const { idleMs } = this.options
    if (idleMs === undefined || this.#closed || this.#waiting.size > 0) return
    this.#idle = setTimeout(() => this.#letGo(), idleMs).unref()
  }

  #letGo(): void {
    clearTimeout(this.#idle)
    if (!this.#worker) return
    this.#ended = Promise.all([this.#ended, this.#end(this.#worker)]).then(() => undefined)
    this.#worker = undefined
  }

  async #end(worker: Worker): Promise<void> {
    const exited = new Promise(resolve => worker.once('exit', resolve))
    this.#post(worker, { kind: 'close' })
    const grace = setTimeout(() => void worker.terminate(), GRACE_MS)
    await exited
    clearTimeout(grace)
  }

  #hear(reply: Exclude<Reply, { kind: 'ready' | 'notOpened' }>): void {
    if (reply.kind === 'event') return this.options.observe(reply.event)
    const waiting = this.#waiting.get(reply.id)
    if (reply.kind === 'progress') waiting?.onProgress(reply.progress)
    else if (reply.kind === 'done') waiting?.resolve(reply.output)
    else waiting?.reject(errorOf(reply.fault))
  }

  /** Its jobs fail, and the next one gets another thread. It may be lost already: a thread that throws also exits. */
  #lose(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#rejectAll(error)
    void worker.terminate()
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
  }

  #post(worker: Worker, request: Request): void {
    worker.postMessage(request)
  }

  #died(reason: string): AttributionOracleError {
    const thread = this.options.name
    return new AttributionOracleError(
      'THREAD_DIED',
      {
        what: `The thread "${thread}" died, and what it was doing is lost`,
        got: reason,
        fix: 'nothing: it is started again with the next work; if it dies again, give it more memory',
      },
      { thread, reason },
    )
  }
}

function aborted(step: string): AttributionOracleError {
  return new AttributionOracleError('ABORTED', { what: `stopped at ${step}` }, { step })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
