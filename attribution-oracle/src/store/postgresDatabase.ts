import { createHash } from 'node:crypto'
import { Kysely, PostgresDialect, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import { hostname } from 'node:os'
import { Client, Pool, types, type ClientConfig } from 'pg'
import { AttributionOracleError, type Holder } from '../errors'
import type { Database, StoreLock } from './database'
import { asked, storeFault } from './storeFault'
import type { Schema } from './schema'

/** Our half of an advisory lock's key, so that other programs in the same database do not meet us. */
const LOCK_SPACE = 0x6f646174
const CONNECT_MS = 5_000
const HEARTBEAT_MS = 5_000
const MAX_CONNECTIONS = 10

/**
 * A PostgreSQL server. Nothing is asked of it here; a connection that breaks is replaced by the next question.
 * @throws INVALID_CONFIG for a URL that is none
 */
export function openPostgres(url: string): Database {
  const { host, config } = settingsOf(url)
  const pool = new Pool({ ...config, max: MAX_CONNECTIONS })
  // a connection that breaks while nobody uses it tells the pool; while somebody does, the query fails
  pool.on('error', () => undefined)
  pool.on('connect', client => client.on('error', () => undefined))
  const db = new Kysely<Schema>({ dialect: new TypedDialect({ pool }, host) })
  return {
    db,
    where: host,
    lock: name => advisoryLock(config, host, name),
    holder: name => asked(host, () => holderOf(pool, name)),
    close: () => db.destroy(),
  }
}

function settingsOf(url: string): { host: string; config: ClientConfig } {
  if (!URL.canParse(url)) {
    const fault = { name: 'databaseUrl', got: 'no URL', expected: 'postgres://user:password@host:port/name' }
    throw new AttributionOracleError(
      'INVALID_CONFIG',
      { what: 'The address of the database is no URL', expected: fault.expected },
      { faults: [fault] },
    )
  }
  const config = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // PostgreSQL keeps 63 bytes
    application_name: `attribution-oracle ${process.pid}@${hostname()}`.slice(0, 63),
    types,
  }
  return { host: new URL(url).host || 'localhost', config }
}

/**
 * A session lock on a connection of its own: it ends when released, when this process ends, or when the connection
 * breaks, which `lost` tells. Undefined when another session holds it.
 */
async function advisoryLock(
  config: ClientConfig,
  host: string,
  name: string,
): Promise<StoreLock | undefined> {
  const client = new Client(config)
  const lost = new AbortController()
  const lose = (cause: unknown): void => lost.abort(storeFault(cause, host))
  client.on('error', lose)
  const ended = (): void => lose(new Error('Connection terminated'))
  client.on('end', ended)
  await asked(host, () => client.connect())
  const ask = 'select pg_try_advisory_lock($1, $2) as held'
  const held = await asked(host, async () => {
    const { rows } = await client.query<{ held: boolean }>(ask, [LOCK_SPACE, keyOf(name)])
    return rows[0]!.held
  }).catch(async (error: unknown) => {
    // the server may have given it without an answer: nobody else gets it while this connection lives
    await client.end().catch(() => undefined)
    throw error
  })
  if (!held) {
    await client.end().catch(() => undefined)
    return undefined
  }
  const beat = heartbeat(client, lose)
  return {
    lost: lost.signal,
    async release() {
      clearInterval(beat)
      client.removeListener('end', ended)
      await client.end().catch(() => undefined)
    },
  }
}

const keyOf = (name: string): number => createHash('sha256').update(name).digest().readInt32BE(0)

interface Session {
  backend: number
  application: string
  address: string | null
  since: Date
}

/** The session that has a lock; what it says of its process stands in its name. */
async function holderOf(pool: Pool, name: string): Promise<Holder | undefined> {
  const ask = `select a.pid as backend, a.application_name as application, host(a.client_addr) as address,
      a.backend_start as since
    from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.classid::bigint = $1 and l.objid::bigint = $2
      and l.database = (select oid from pg_database where datname = current_database())`
  const { rows } = await pool.query<Session>(ask, [LOCK_SPACE, keyOf(name) >>> 0])
  const [session] = rows
  if (!session) return undefined
  const { backend, application, address } = session
  const [, pid, host] = /^attribution-oracle ([0-9]+)@(.+)$/.exec(application) ?? []
  return {
    pid: Number(pid ?? backend),
    host: host ?? application,
    since: new Date(session.since).toISOString(),
    ...(address !== null && { address }),
  }
}

/** A peer that vanished without a word is noticed by its silence. */
function heartbeat(client: Client, lose: (cause: unknown) => void): NodeJS.Timeout {
  let answered = true
  const beat = setInterval(() => {
    if (!answered) lose(new Error('connection timeout'))
    answered = false
    client.query('select 1').then(() => (answered = true), lose)
  }, HEARTBEAT_MS)
  return beat.unref()
}

/** PostgreSQL's dialect whose failures are ours. */
class TypedDialect extends PostgresDialect {
  constructor(
    config: ConstructorParameters<typeof PostgresDialect>[0],
    private readonly host: string,
  ) {
    super(config)
  }

  override createDriver(): Driver {
    const driver = super.createDriver()
    const { host } = this
    const inner = new WeakMap<DatabaseConnection, DatabaseConnection>()
    const of = (connection: DatabaseConnection): DatabaseConnection => inner.get(connection)!
    return {
      init: () => driver.init(),
      destroy: () => driver.destroy(),
      async acquireConnection() {
        const connection = await asked(host, () => driver.acquireConnection())
        const typed = new TypedConnection(connection, host)
        inner.set(typed, connection)
        return typed
      },
      releaseConnection: connection => driver.releaseConnection(of(connection)),
      beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
      commitTransaction: connection => driver.commitTransaction(connection),
      rollbackTransaction: connection => driver.rollbackTransaction(connection),
    }
  }
}

class TypedConnection implements DatabaseConnection {
  constructor(
    private readonly connection: DatabaseConnection,
    private readonly host: string,
  ) {}

  executeQuery<R>(query: Parameters<DatabaseConnection['executeQuery']>[0]): Promise<QueryResult<R>> {
    return asked(this.host, () => this.connection.executeQuery<R>(query))
  }

  streamQuery<R>(
    ...query: Parameters<DatabaseConnection['streamQuery']>
  ): AsyncIterableIterator<QueryResult<R>> {
    return this.connection.streamQuery<R>(...query)
  }
}
