import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Authenticator,
  connect,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
} from '@nats-io/transport-node'
import type { Observe } from '../domain'
import { AttributionOracleError } from '../errors'

const PORT = 4222
const RETRY_MS = 500
const RETRY_MOST_MS = 10_000

/** Where the server is and how it lets us in. */
export interface NatsAccess {
  /** nats://user:password@host:port, nats://token@host:port or tls://…: a secret */
  readonly natsUrl: string
  /** what stands in a .creds file, a JWT with the seed of its key: a secret */
  readonly natsCredentials?: string | undefined
  /** path of the certificates (PEM) that the server's is signed with; those of the system where it is absent */
  readonly natsCa?: string | undefined
}

export interface ConnectOptions extends NatsAccess {
  /** shown by the server in its list of connections */
  readonly name: string
  readonly observe: Observe
  readonly signal: AbortSignal
}

/**
 * A connection that comes back whenever it is lost, as often as it takes; the server may start after us.
 * @throws AttributionOracleError INVALID_ARGUMENT for a URL that cannot be read, ABORTED
 */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const { name, observe, signal } = options
  const { host, ...access } = accessOf(options)
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
      observe({ kind: 'queue', queue: host, up: true })
      void report(connection, host, observe)
      return connection
    } catch (error) {
      observe({ kind: 'queue', queue: host, up: false, reason: reasonOf(error) })
      await sleep(wait, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** What events call the server: host and port. @throws AttributionOracleError INVALID_ARGUMENT for access that cannot be used */
export function hostOf(access: NatsAccess): string {
  return accessOf(access).host
}

/** What a fault says, without anything that we put into the connection. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function report(connection: NatsConnection, queue: string, observe: Observe): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') observe({ kind: 'queue', queue, up: false, reason: 'disconnected' })
    if (type === 'reconnect') observe({ kind: 'queue', queue, up: true })
  }
}

interface Access extends Pick<ConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator'> {
  readonly host: string
  readonly tls?: { readonly caFile?: string }
}

function accessOf({ natsUrl, natsCredentials, natsCa }: NatsAccess): Access {
  const url = URL.canParse(natsUrl) ? new URL(natsUrl) : undefined
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw unreadable()
  const [user, pass] = [url.username, url.password].map(decodeURIComponent) as [string, string]
  if (user !== '' && natsCredentials !== undefined)
    throw unusable('natsCredentials', 'next to a user or token in natsUrl', 'one of both')
  return {
    host: `${url.hostname}:${url.port || PORT}`,
    ...((url.protocol === 'tls:' || natsCa !== undefined) && {
      tls: natsCa === undefined ? {} : { caFile: natsCa },
    }),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
    ...(natsCredentials !== undefined && { authenticator: authenticated(natsCredentials) }),
  }
}

/** Looked at now: the client does it only when the server asks, and then tells nobody why it is not let in. */
function authenticated(credentials: string): Authenticator {
  const authenticator = credsAuthenticator(new TextEncoder().encode(`${credentials}\n`))
  try {
    void authenticator('probe')
    return authenticator
  } catch {
    throw unusable('natsCredentials', '(secret)', 'what stands in a .creds file: a user JWT and its seed')
  }
}

function unreadable(): AttributionOracleError {
  const expected =
    'nats://host:port, with user:password@ or token@ before the host where the server asks for it'
  return unusable('natsUrl', '(secret)', expected)
}

function unusable(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `${argument} cannot be used to reach NATS`, expected },
    { argument, got, expected },
  )
}

function aborted(): AttributionOracleError {
  return new AttributionOracleError('ABORTED', { what: 'stopped before NATS answered' }, { step: 'nats' })
}
