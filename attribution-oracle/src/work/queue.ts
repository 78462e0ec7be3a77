import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { AttributionOracleError } from '../errors'

/** Shards that wait for a worker; one that is acknowledged is gone. */
export const SHARD_STREAM = 'ORACLE_SHARDS'
/** What workers answered, for a day: an aggregator that was away reads it when it is back. */
export const ANSWER_STREAM = 'ORACLE_ANSWERS'
/** The one consumer that all workers of a version pull from: none is ever handed a shard of another version. */
export const consumerOf = (engine: string): string => `workers-${engine}`

const DAY_MS = 24 * 3600_000
const MIB = 1024 * 1024
const NOT_FOUND = 404

/** @param engine what decides the bits of a result beside the shard: versions of code and runtime */
export const shardSubject = (engine: string, aggregator: string): string =>
  `oracle.shards.${engine}.${aggregator}`
/** What the server tells of shards that it gave up after they were handed out too often. */
export const givenUpSubject = (engine: string): string =>
  `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${SHARD_STREAM}.${consumerOf(engine)}`
export const answerSubject = (aggregator: string, worker: string): string =>
  `oracle.answers.${aggregator}.${worker}`
/** A worker that listens here learns that nothing of what it answers is used any more. */
export const refusedSubject = (worker: string): string => `oracle.refused.${worker}`

/** The last part of a subject: who is meant, whatever the message says. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

/** What can stand in a subject as one part of it. */
export function isToken(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name)
}

/** @throws AttributionOracleError INVALID_ARGUMENT */
export function expectToken(name: string): void {
  if (isToken(name)) return
  const expected = '1 to 64 letters, digits, _ or -'
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'Whoever takes part in the work needs a name that can stand in a subject', got: name, expected },
    { argument: 'name', got: name, expected },
  )
}

export interface Delivery {
  /** how long a worker may be silent about a shard before another one gets it */
  readonly ackWaitMs: number
  /** how often a shard is handed out before the queue gives it up; its aggregator then tries it, once */
  readonly maxDeliver: number
}

export const DELIVERY: Delivery = { ackWaitMs: 30_000, maxDeliver: 5 }

/** Of both streams: messages are small. */
const LIMITS = {
  storage: StorageType.File,
  max_msg_size: 8192,
  // how long the server knows the id of a message that is sent again for want of an answer
  duplicate_window: nanos(2 * 60_000),
}

const STREAMS = [
  {
    name: ANSWER_STREAM,
    subjects: [answerSubject('*', '*')],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(DAY_MS),
    max_bytes: 512 * MIB,
    // no worker pushes the answers of others out
    max_msgs_per_subject: 100_000,
    ...LIMITS,
  },
  {
    name: SHARD_STREAM,
    subjects: [shardSubject('*', '*')],
    retention: RetentionPolicy.Workqueue,
    // a full queue refuses shards, and they are sent again later; none is dropped in silence
    discard: DiscardPolicy.New,
    // an epoch is scored within a week
    max_age: nanos(7 * DAY_MS),
    max_bytes: 256 * MIB,
    ...LIMITS,
  },
]

/**
 * Makes sure that the streams and the workers' consumer are there; whoever comes first makes them, on disk, so that they
 * outlive the server.
 */
export async function ensureQueue(
  jsm: JetStreamManager,
  { engine, ...delivery }: Delivery & { readonly engine: string },
): Promise<void> {
  for (const stream of STREAMS)
    await unlessThere(
      () => jsm.streams.info(stream.name),
      () => jsm.streams.add(stream),
    )
  await unlessThere(
    () => jsm.consumers.info(SHARD_STREAM, consumerOf(engine)),
    () => jsm.consumers.add(SHARD_STREAM, consumerConfig(engine, delivery)),
  )
}

/** The same for an operator, who also sets right what others made with other limits. */
export async function keepQueue(
  jsm: JetStreamManager,
  { engine, ...delivery }: Delivery & { readonly engine: string },
): Promise<void> {
  await ensureQueue(jsm, { engine, ...delivery })
  for (const stream of STREAMS) {
    const { config } = await jsm.streams.info(stream.name)
    if (differs(stream, config)) await jsm.streams.update(stream.name, stream)
  }
  const wanted = consumerConfig(engine, delivery)
  const { config } = await jsm.consumers.info(SHARD_STREAM, consumerOf(engine))
  if (differs(wanted, config)) await jsm.consumers.update(SHARD_STREAM, consumerOf(engine), wanted)
}

function consumerConfig(engine: string, { ackWaitMs, maxDeliver }: Delivery) {
  return {
    durable_name: consumerOf(engine),
    filter_subject: shardSubject(engine, '*'),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: maxDeliver,
    max_ack_pending: 10_000,
  }
}

function differs(wanted: object, is: object): boolean {
  const found = new Map<string, unknown>(Object.entries(is))
  return Object.entries(wanted).some(
    ([name, value]) => JSON.stringify(found.get(name)) !== JSON.stringify(value),
  )
}

async function unlessThere(look: () => Promise<unknown>, add: () => Promise<unknown>): Promise<void> {
  try {
    await look()
  } catch (error) {
    if (!isMissing(error)) throw error
    // another process may add it at this moment; what counts is that it is there
    await add().catch(look)
  }
}

/** The versions besides ours that shards in the queue wait for. */
export async function otherEngines(jsm: JetStreamManager, engine: string): Promise<string[]> {
  const { state } = await jsm.streams.info(SHARD_STREAM, { subjects_filter: shardSubject('*', '*') })
  const waiting = Object.keys(state.subjects ?? {}).map(subject => subject.split('.')[2]!)
  return [...new Set(waiting)].filter(each => each !== engine)
}

/** Whether the server says that there is no such stream or consumer. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === NOT_FOUND
}
