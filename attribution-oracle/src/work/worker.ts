import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Consumer,
  type JsMsg,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import {
  contentOf,
  type Digest,
  madeForWork,
  MAX_DOCUMENT_BYTES,
  type Observe,
  readShard,
  type Shard,
  type ShardComputer,
  windowCount,
} from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import { Complaints } from './complaints'
import { connectNats, hostOf, type NatsAccess, reasonOf } from './connection'
import { ContentCache } from './contentCache'
import { type Answer, readTask, writeAnswer } from './messages'
import {
  answerSubject,
  consumerOf,
  DELIVERY,
  type Delivery,
  ensureQueue,
  expectToken,
  lastToken,
  otherEngines,
  refusedSubject,
  SHARD_STREAM,
} from './queue'
import type { WorkStores } from './workStores'

/** Shards at once: while one is fetched and stored, the other one computes. */
const LANES = 2
const PULL_MS = 5_000
const RETRY_MS = 1_000
const TIMEOUT_MS = 2_000
const KEPT_BYTES = 512 * 1024 * 1024
/** An operator may change how long it waits at any time, and waits at least three of these. */
const HEARTBEAT_MS = 1_000

export interface WorkerOptions extends NatsAccess, WorkStores {
  /** versions of code and runtime, as a part of a subject: shards of another one are not taken */
  readonly engine: string
  /** what computes; its threads decide how much this worker takes on */
  readonly local: ShardComputer
  /** letters, digits, _ and -; one for each worker, and the same after a restart */
  readonly name: string
  readonly observe?: Observe
  readonly signal: AbortSignal
  /** of a queue that is not there yet */
  readonly delivery?: Partial<Delivery>
}

/**
 * Takes shards from the queue, computes them and stores the results, until the signal stops it; then what is under way
 * goes back to the queue. It keeps nothing: killed at any moment, it loses nothing, because a shard is acknowledged only
 * when its answer is stored.
 * @throws AttributionOracleError WORKER_REFUSED when an aggregator found a result of this worker to be wrong,
 * INVALID_ARGUMENT for a name or URL that cannot be used, or a user that may not take part under this name
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  expectToken(options.name)
  expectToken(options.engine)
  hostOf(options)
  const observe = options.observe ?? (() => undefined)
  const connection = await connectNats({ ...options, observe }).catch((error: unknown) => {
    if (options.signal.aborted) return undefined
    throw error
  })
  if (connection === undefined) return
  const worker = new Worker(connection, { ...options, observe })
  try {
    await worker.run()
  } finally {
    await connection.close()
    await options.local.close()
  }
}

type Settings = WorkerOptions & { readonly observe: Observe }

class Worker {
  readonly #js: JetStreamClient
  readonly #kept: ContentCache
  readonly #made: ContentCache
  readonly #refused = new AbortController()
  readonly #signal: AbortSignal
  readonly #others = new Set<string>()
  readonly #complaints: Complaints

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: Settings,
  ) {
    this.#js = jetstream(connection, { timeout: TIMEOUT_MS })
    this.#complaints = new Complaints(options.observe)
    this.#kept = new ContentCache(options.content, KEPT_BYTES)
    this.#made = new ContentCache(options.scratch, KEPT_BYTES)
    this.#signal = AbortSignal.any([options.signal, this.#refused.signal])
  }

  async run(): Promise<void> {
    const { name } = this.options
    this.connection.subscribe(refusedSubject(name), {
      callback: (error, message) =>
        this.#refused.abort(
          error ? unpermitted(name, error) : refused(name, new TextDecoder().decode(message.data)),
        ),
    })
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()))
    await this.connection.flush().catch(() => undefined)
    if (this.#refused.signal.aborted) throw this.#refused.signal.reason
  }

  async #lane(): Promise<void> {
    let consumer: Consumer | undefined
    while (!this.#signal.aborted) {
      try {
        consumer ??= await this.#consumer()
        this.#complaints.over('queue')
        const message = await this.#unlessStopped(consumer.next({ expires: PULL_MS }))
        if (message) await this.#handle(message)
        else await this.#lookForOthers()
      } catch (error) {
        // the server is away, or lost its streams: look again, and make them again
        consumer = undefined
        if (this.#signal.aborted) return
        this.#complaints.tell('queue', error, RETRY_MS)
        await this.#pause()
      }
    }
  }

  async #consumer(): Promise<Consumer> {
    const jsm = await jetstreamManager(this.connection, { checkAPI: false })
    const { engine, delivery } = this.options
    await ensureQueue(jsm, { ...DELIVERY, ...delivery, engine })
    return this.#js.consumers.get(SHARD_STREAM, consumerOf(engine))
  }

  /** Says so, once, where shards wait that this version must not touch: an idle worker would not be understood. */
  async #lookForOthers(): Promise<void> {
    if (this.#signal.aborted) return
    const jsm = await jetstreamManager(this.connection, { checkAPI: false, timeout: TIMEOUT_MS })
    const { engine, observe } = this.options
    for (const other of await otherEngines(jsm, engine)) {
      if (this.#others.has(other)) continue
      this.#others.add(other)
      const message = `shards of engine ${other} wait; this worker is of ${engine} and would give other numbers`
      observe({ kind: 'failed', step: 'queue', code: 'VERSION_MISMATCH', message })
    }
  }

  async #handle(message: JsMsg): Promise<void> {
    const beat = setInterval(() => {
      if (!this.connection.isClosed()) message.working()
    }, HEARTBEAT_MS)
    try {
      const began = performance.now()
      const shard = readTask(message.data)
      const { answer, windows } = await this.#answer(shard)
      await this.#publish(message, answer)
      message.ack()
      this.#complaints.over('shard')
      this.#complaints.over('answer')
      const seconds = (performance.now() - began) / 1000
      this.options.observe({
        kind: 'shard',
        worker: this.options.name,
        result: 'done',
        items: windows,
        seconds,
      })
    } catch (error) {
      this.#giveBack(message, error)
    } finally {
      clearInterval(beat)
    }
  }

  #giveBack(message: JsMsg, error: unknown): void {
    if (this.#signal.aborted) return message.nak()
    this.#complaints.tell('shard', error, RETRY_MS)
    // no worker will ever read it; what is missing or broke here may be there in a moment, or elsewhere
    if (isFault(error, 'INVALID_DOCUMENT')) message.term(error.message)
    else message.nak(RETRY_MS * 4 ** (message.info.deliveryCount - 1))
  }

  async #answer(digest: Digest): Promise<{ answer: Answer; windows: number }> {
    const shard = await this.#load(digest)
    const windows = windowCount(shard.document)
    try {
      const [result] = await this.options.local.run([shard], { signal: this.#signal })
      return { answer: { shard: digest, result: await this.options.scratch.put(result!) }, windows }
    } catch (error) {
      if (this.#signal.aborted || !this.options.local.isOfContent(error)) throw error
      return { answer: { shard: digest, failed: reasonOf(error) }, windows }
    }
  }

  async #load(digest: Digest): Promise<Shard> {
    const bytes = await this.options.scratch.get(digest, MAX_DOCUMENT_BYTES)
    const document = readShard(bytes)
    const made = madeForWork(document)
    const content = new Map<Digest, Uint8Array>()
    for (const name of contentOf(document))
      content.set(name, await (made.has(name) ? this.#made : this.#kept).get(name))
    return { digest, bytes, document, content }
  }

  /** The answer is stored before the shard is acknowledged; until then the shard stays ours, by its heartbeats. */
  async #publish({ subject: asked, seq, info }: JsMsg, answer: Answer): Promise<void> {
    const subject = answerSubject(lastToken(asked), this.options.name)
    const msgID = `${this.options.name}.${seq}.${info.deliveryCount}.${answer.shard}`
    for (;;) {
      try {
        await this.#js.publish(subject, writeAnswer(answer), { msgID })
        return
      } catch (error) {
        if (this.#signal.aborted) throw error
        this.#complaints.tell('answer', error, RETRY_MS)
        await this.#pause()
      }
    }
  }

  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    work.catch(() => undefined)
    return new Promise((resolve, reject) => {
      const stop = (): void => resolve(undefined)
      this.#signal.addEventListener('abort', stop, { once: true })
      work.then(resolve, reject).finally(() => this.#signal.removeEventListener('abort', stop))
    })
  }

  async #pause(): Promise<void> {
    await sleep(RETRY_MS, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}

function unpermitted(worker: string, error: Error): AttributionOracleError {
  const expected = `a user with the rights of worker ${worker}, see docs/workers.md`
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    {
      what: `NATS does not let this user take part as worker ${worker}`,
      got: reasonOf(error),
      expected,
      fix: 'Start it under the name that its user has (--name), or give the user the rights.',
    },
    { argument: 'natsUrl', got: '(secret)', expected },
  )
}

function refused(worker: string, reason: string): AttributionOracleError {
  return new AttributionOracleError(
    'WORKER_REFUSED',
    {
      what: `The aggregator refuses the results of worker ${worker}`,
      got: reason.slice(0, 500),
      fix: 'Check this machine (memory, ONNX Runtime version, a content store that the operator reads, too), and start again under another name.',
    },
    { worker, reason },
  )
}
