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
import type { ContentStore, Observe, Shard, ShardComputer, ShardOptions, ShardRunner } from '../domain'
import { connectNats, expectNatsUrl, reasonOf } from './connection'
import { writeTask } from './messages'
import { openQuarantine, type Quarantine } from './quarantine'
import {
  ANSWER_STREAM,
  answerSubject,
  DELIVERY,
  type Delivery,
  ensureQueue,
  expectToken,
  isMissing,
  isToken,
  lastToken,
  refusedSubject,
  SHARD_STREAM,
  shardSubject,
} from './queue'
import { ShardBoard } from './shardBoard'

const PULL = { max_messages: 64, expires: 5_000 }
/** Answers that are looked into at once. */
const JUDGED = 16
const RETRY_MS = 500
const TIMEOUT_MS = 2_000
const HOUR_MS = 3600_000
/** Checkpoints under way at once, so that no worker waits while the sums of one are added up. */
const AHEAD = 4

export interface NatsRunnerOptions {
  /** a secret */
  readonly natsUrl: string
  readonly content: ContentStore
  /**
   * letters, digits, _ and -, of this operator alone: what it left in the queue when it was killed is taken out when it
   * is back. Without one the queue drops that after a day, and workers may compute it for nobody.
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
  expectNatsUrl(options.natsUrl)
  if (options.name !== undefined) expectToken(options.name)
  return new NatsRunner(options, options.quarantine ?? (await openQuarantine()))
}

class NatsRunner implements ShardRunner {
  readonly ahead = AHEAD
  /** in subjects */
  readonly #name: string
  readonly #closed = new AbortController()
  readonly #connecting: Promise<NatsConnection | undefined>
  readonly #listening: Promise<void>
  readonly #board: ShardBoard
  readonly #observe: Observe
  #connection: NatsConnection | undefined
  #pulling: ConsumerMessages | undefined

  constructor(
    private readonly options: NatsRunnerOptions,
    quarantine: Quarantine,
  ) {
    const { observe = () => undefined, natsUrl } = options
    this.#observe = observe
    this.#name = options.name ?? randomBytes(8).toString('hex')
    const name = `aggregator ${this.#name}`
    this.#connecting = connectNats({ natsUrl, name, observe, signal: this.#closed.signal }).then(
      async connection => {
        this.#connection = connection
        if (options.name !== undefined) await this.#withManager(jsm => this.#purge(jsm))
        return connection
      },
      () => undefined,
    )
    this.#board = new ShardBoard({
      ...options,
      observe,
      quarantine,
      rescoreShare: options.rescoreShare ?? 0.02,
      patienceMs: options.patienceMs ?? 30_000,
      send: shard => this.#send(shard),
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

  get #consumerName(): string {
    return `aggregator-${this.#name}`
  }

  async #send({ digest }: Shard): Promise<void> {
    const connection = await this.#connecting
    if (connection === undefined || this.#closed.signal.aborted) return
    await jetstream(connection, { timeout: TIMEOUT_MS }).publish(shardSubject(this.#name), writeTask(digest))
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
        const message = reasonOf(error)
        this.#observe({
          kind: 'failed',
          step: 'answers',
          code: 'WORK_FAILED',
          message,
          retryIn: RETRY_MS / 1000,
        })
        await sleep(RETRY_MS)
      }
    }
  }

  async #consumer(connection: NatsConnection): Promise<Consumer> {
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
    await ensureQueue(jsm, { ...DELIVERY, ...this.options.delivery })
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
      await jsm.streams.purge(SHARD_STREAM, { filter: shardSubject(this.#name) })
    } catch (error) {
      // nobody has ever put anything there
      if (!isMissing(error)) throw error
    }
  }

  /** Tidies up behind us, where the server is there; what stays is gone within a day. */
  async #withManager(tidy: (jsm: JetStreamManager) => Promise<unknown>): Promise<void> {
    const connection = this.#connection
    if (connection === undefined || connection.isClosed()) return
    try {
      await tidy(await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }))
    } catch (error) {
      const message = reasonOf(error)
      this.#observe({ kind: 'failed', step: 'tidy up the queue', code: 'WORK_FAILED', message })
    }
  }
}
