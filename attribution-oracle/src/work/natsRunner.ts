import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  jetstream,
  jetstreamManager,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import type { Observe, Shard, ShardComputer, ShardOptions, ShardRunner } from '../domain'
import { Complaints } from './complaints'
import { connectNats, hostOf, type NatsAccess, reasonOf } from './connection'
import { readTask, writeTask } from './messages'
import { openQuarantine, type Quarantine } from './quarantine'
import {
  ANSWER_STREAM,
  answerSubject,
  consumerOf,
  DELIVERY,
  type Delivery,
  expectToken,
  givenUpSubject,
  isMissing,
  isToken,
  keepQueue,
  lastToken,
  refusedSubject,
  SHARD_STREAM,
  shardSubject,
} from './queue'
import { ShardBoard } from './shardBoard'
import { openSuspects, type Suspects } from './suspects'
import type { WorkStores } from './workStores'

const PULL = { max_messages: 64, expires: 5_000 }
/** Answers that are looked into at once. */
const JUDGED = 16
const RETRY_MS = 500
const TIMEOUT_MS = 2_000
const HOUR_MS = 3600_000
const STALLED = 'heartbeats missed'
/** Checkpoints under way at once, so that no worker waits while the sums of one are added up. */
const AHEAD = 4

export interface NatsRunnerOptions extends NatsAccess, WorkStores {
  /** versions of code and runtime, as a part of a subject: workers of another one are handed nothing */
  readonly engine: string
  /**
   * letters, digits, _ and -, of this operator alone: what it left in the queue when it was killed is taken out when it
   * is back. Without one the queue drops that after a week, and workers may compute it for nobody.
   */
  readonly name?: string
  /** computes what is checked, and everything where no worker answers */
  readonly local: ShardComputer
  /** 0 to 1: of the results that are computed again. Default 0.02 */
  readonly rescoreShare?: number
  /** without any answer for so long we begin to compute ourselves. Default 30,000 */
  readonly patienceMs?: number
  /** who is refused from the beginning; in memory where it is absent */
  readonly quarantine?: Quarantine
  /** shards that ended this process; in memory where it is absent */
  readonly suspects?: Suspects
  readonly delivery?: Partial<Delivery>
  /** a uniform number in [0, 1) that decides what is computed again; no worker may foresee it */
  readonly draw?: () => number
  readonly observe?: Observe
}

/**
 * Hands shards to the workers behind a NATS server. The server may be away, at the start and at any time: what it does
 * not bring is computed here.
 * @throws AttributionOracleError INVALID_ARGUMENT for a URL or a name that cannot be used
 */
export async function openNatsRunner(
  options: NatsRunnerOptions,
): Promise<ShardRunner & { close(): Promise<void> }> {
  hostOf(options)
  expectToken(options.engine)
  if (options.name !== undefined) expectToken(options.name)
  const { quarantine = await openQuarantine(), suspects = await openSuspects() } = options
  return new NatsRunner({ ...options, quarantine, suspects })
}

/** Of an advisory of the server, io.nats.jetstream.advisory.v1.max_deliver. */
interface GivenUp {
  readonly stream_seq: number
  readonly deliveries: number
}

class NatsRunner implements ShardRunner {
  readonly ahead = AHEAD
  /** in subjects */
  readonly #name: string
  /** of this process, in the ids of its messages */
  readonly #life = randomBytes(8).toString('hex')
  readonly #closed = new AbortController()
  readonly #connecting: Promise<NatsConnection | undefined>
  readonly #listening: Promise<void>
  readonly #board: ShardBoard
  readonly #observe: Observe
  readonly #complaints: Complaints
  #connection: NatsConnection | undefined
  #awaySince: number | undefined = performance.now()
  #pulling: ConsumerMessages | undefined

  constructor(private readonly options: NatsRunnerOptions & { quarantine: Quarantine; suspects: Suspects }) {
    const { observe = () => undefined } = options
    this.#observe = event => {
      if (event.kind === 'queue')
        this.#awaySince = event.up ? undefined : (this.#awaySince ?? performance.now())
      if (event.kind === 'alone' && event.alone) void this.#withManager(jsm => this.#lookForOthers(jsm))
      observe(event)
    }
    this.#complaints = new Complaints(this.#observe)
    this.#name = options.name ?? randomBytes(8).toString('hex')
    const name = `aggregator ${this.#name}`
    const { signal } = this.#closed
    this.#connecting = connectNats({ ...options, name, observe: this.#observe, signal }).then(
      async connection => {
        this.#connection = connection
        this.#hearGivenUp(connection)
        if (options.name !== undefined) await this.#withManager(jsm => this.#purge(jsm))
        return connection
      },
      () => undefined,
    )
    this.#board = new ShardBoard({
      ...options,
      observe: this.#observe,
      queue: { host: hostOf(options), awayMs: () => this.#awayMs },
      rescoreShare: options.rescoreShare ?? 0.02,
      patienceMs: options.patienceMs ?? 30_000,
      send: (shard, id) => this.#send(shard, id),
      refuse: (worker, reason) => this.#refuse(worker, reason),
      rest: () => void this.#withManager(jsm => this.#purge(jsm)),
    })
    this.#listening = this.#listen()
  }

  run(shards: readonly Shard[], options: ShardOptions = {}): Promise<Uint8Array[]> {
    return this.#board.run(shards, options)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#pulling?.stop()
    await this.#board.close()
    await this.#listening
    await this.#withManager(async jsm => {
      await this.#purge(jsm)
      await jsm.consumers.delete(ANSWER_STREAM, this.#consumerName)
    })
    await this.#connection?.close()
  }

  /** Says so where workers wait that are of another version: they would seem not to be there. */
  async #lookForOthers(jsm: JetStreamManager): Promise<void> {
    const { engine } = this.options
    for await (const { name, num_waiting: waiting } of jsm.consumers.list(SHARD_STREAM)) {
      if (name === consumerOf(engine) || waiting === 0) continue
      const message = `workers wait at consumer ${name}; this operator is of engine ${engine}`
      this.#observe({ kind: 'failed', step: 'queue', code: 'VERSION_MISMATCH', message })
    }
  }

  get #awayMs(): number {
    return this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince
  }

  get #consumerName(): string {
    return `aggregator-${this.#name}`
  }

  async #send({ digest }: Shard, id: string): Promise<void> {
    const msgID = `${this.#life}.${id}`
    const connection = await this.#connecting
    if (connection === undefined || this.#closed.signal.aborted) return
    const subject = shardSubject(this.options.engine, this.#name)
    await jetstream(connection, { timeout: TIMEOUT_MS }).publish(subject, writeTask(digest), { msgID })
  }

  /** The server says which message it gave up; the message says which shard. */
  #hearGivenUp(connection: NatsConnection): void {
    connection.subscribe(givenUpSubject(this.options.engine), {
      callback: (error, { data }) => {
        if (error) return this.#complaints.tell('shards given up', error)
        const { stream_seq: seq, deliveries } = JSON.parse(new TextDecoder().decode(data)) as GivenUp
        void this.#withManager(async jsm => {
          const message = await jsm.streams.getMessage(SHARD_STREAM, { seq })
          if (message?.subject !== shardSubject(this.options.engine, this.#name)) return
          this.#board.givenUp(readTask(message.data), deliveries)
          await jsm.streams.deleteMessage(SHARD_STREAM, seq)
        })
      },
    })
  }

  #refuse(worker: string, reason: string): void {
    const connection = this.#connection
    if (connection && !connection.isClosed()) connection.publish(refusedSubject(worker), reason)
  }

  async #listen(): Promise<void> {
    const connection = await this.#connecting
    if (connection === undefined) return
    const judged = new Set<Promise<void>>()
    let consumer: Consumer | undefined
    while (!this.#closed.signal.aborted) {
      try {
        consumer ??= await this.#consumer(connection)
        this.#complaints.over('answers')
        this.#pulling = await consumer.fetch(PULL)
        for await (const message of this.#pulling) {
          message.ack()
          const worker = lastToken(message.subject)
          if (!isToken(worker)) continue
          const judging = this.#board.answered(worker, message.data).finally(() => judged.delete(judging))
          judged.add(judging)
          if (judged.size >= JUDGED) await Promise.race(judged)
        }
      } catch (error) {
        // the server is away, or lost its streams: look again, and make them again
        consumer = undefined
        if (this.#closed.signal.aborted) return
        // a busy machine did not look for five seconds; the server says nothing worse than that
        if (reasonOf(error) === STALLED) continue
        this.#complaints.tell('answers', error, RETRY_MS)
        await sleep(RETRY_MS)
      }
    }
  }

  async #consumer(connection: NatsConnection): Promise<Consumer> {
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
    await keepQueue(jsm, { ...DELIVERY, ...this.options.delivery, engine: this.options.engine })
    await jsm.consumers.add(ANSWER_STREAM, {
      durable_name: this.#consumerName,
      filter_subject: answerSubject(this.#name, '*'),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(DELIVERY.ackWaitMs),
      inactive_threshold: nanos(HOUR_MS),
    })
    return jetstream(connection).consumers.get(ANSWER_STREAM, this.#consumerName)
  }

  async #purge(jsm: JetStreamManager): Promise<void> {
    try {
      await jsm.streams.purge(SHARD_STREAM, { filter: shardSubject('*', this.#name) })
    } catch (error) {
      // nobody has ever put anything there
      if (!isMissing(error)) throw error
    }
  }

  /** Tidies up behind us, where the server is there; what stays is gone within a week. */
  async #withManager(tidy: (jsm: JetStreamManager) => Promise<unknown>): Promise<void> {
    const connection = this.#connection
    if (connection === undefined || connection.isClosed()) return
    try {
      await tidy(await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }))
    } catch (error) {
      this.#complaints.tell('tidy up the queue', error)
    }
  }
}
