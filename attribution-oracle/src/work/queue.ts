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
/** The one consumer that all workers pull from. */
export const WORKERS = 'workers'

const DAY_MS = 24 * 3600_000
const NOT_FOUND = 404

export const shardSubject = (aggregator: string): string => `oracle.shards.${aggregator}`
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
  /** how often a shard is handed out before the queue gives it up; its aggregator then computes it */
  readonly maxDeliver: number
}

export const DELIVERY: Delivery = { ackWaitMs: 30_000, maxDeliver: 5 }

/**
 * Makes sure that the streams and the workers' consumer are there; whoever comes first makes them, on disk, so that they
 * outlive the server.
 */
export async function ensureQueue(jsm: JetStreamManager, { ackWaitMs, maxDeliver }: Delivery): Promise<void> {
  const storage = StorageType.File
  const max_age = nanos(DAY_MS)
  const answers = {
    name: ANSWER_STREAM,
    subjects: [answerSubject('*', '*')],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
  }
  const shards = {
    name: SHARD_STREAM,
    subjects: [shardSubject('*')],
    retention: RetentionPolicy.Workqueue,
  }
  for (const stream of [answers, shards])
    await unlessThere(
      () => jsm.streams.info(stream.name),
      () => jsm.streams.add({ ...stream, storage, max_age }),
    )
  await unlessThere(
    () => jsm.consumers.info(SHARD_STREAM, WORKERS),
    () =>
      jsm.consumers.add(SHARD_STREAM, {
        durable_name: WORKERS,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_deliver: maxDeliver,
        max_ack_pending: 10_000,
      }),
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

/** Whether the server says that there is no such stream or consumer. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === NOT_FOUND
}
