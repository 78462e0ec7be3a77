import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Observe } from '../domain'
import { AttributionOracleError } from '../errors'

const PORT = 4222
const RETRY_MS = 500
const RETRY_MOST_MS = 10_000

export interface ConnectOptions {
  /** nats://user:password@host:port, nats://token@host:port or tls://…: a secret */
  readonly natsUrl: string
  /** shown by the server in its list of connections */
  readonly name: string
  readonly observe: Observe
  readonly signal: AbortSignal
}

/**
 * A connection that comes back whenever it is lost, as often as it takes; the server may start after us.
 * @throws AttributionOracleError INVALID_ARGUMENT for a URL that cannot be read, ABORTED
 */
export async function connectNats({
  natsUrl,
  name,
  observe,
  signal,
}: ConnectOptions): Promise<NatsConnection> {
  const { host, ...access } = accessOf(natsUrl)
  const settings = {
    ...access,
    name,
    servers: host,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    // a password may be put right while we wait
    ignoreAuthErrorAbort: true,
  }
  for (let wait = RETRY_MS; ; wait = Math.min(2 * wait, RETRY_MOST_MS)) {
    if (signal.aborted) throw aborted()
    try {
      const connection = await connect(settings)
      observe({ kind: 'endpoint', endpoint: host, up: true })
      void report(connection, host, observe)
      return connection
    } catch (error) {
      observe({ kind: 'endpoint', endpoint: host, up: false, reason: reasonOf(error) })
      await sleep(wait, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** @throws AttributionOracleError INVALID_ARGUMENT */
export function expectNatsUrl(natsUrl: string): void {
  accessOf(natsUrl)
}

/** What a fault says, without anything that we put into the connection. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function report(connection: NatsConnection, endpoint: string, observe: Observe): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') observe({ kind: 'endpoint', endpoint, up: false, reason: 'disconnected' })
    if (type === 'reconnect') observe({ kind: 'endpoint', endpoint, up: true })
  }
}

interface Access {
  readonly host: string
  readonly user?: string
  readonly pass?: string
  readonly token?: string
  readonly tls?: object
}

function accessOf(natsUrl: string): Access {
  const url = URL.canParse(natsUrl) ? new URL(natsUrl) : undefined
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw unreadable()
  const [user, pass] = [url.username, url.password].map(decodeURIComponent) as [string, string]
  return {
    host: `${url.hostname}:${url.port || PORT}`,
    ...(url.protocol === 'tls:' && { tls: {} }),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
  }
}

function unreadable(): AttributionOracleError {
  const expected =
    'nats://host:port, with user:password@ or token@ before the host where the server asks for it'
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'The URL of the NATS server cannot be read', expected },
    { argument: 'natsUrl', got: '(secret)', expected },
  )
}

function aborted(): AttributionOracleError {
  return new AttributionOracleError('ABORTED', { what: 'stopped before NATS answered' }, { step: 'nats' })
}
