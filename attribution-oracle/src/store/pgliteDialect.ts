import type { PGlite } from '@electric-sql/pglite'
import {
  CompiledQuery,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'
import { AttributionOracleError } from '../errors'

/** Kysely over PGlite: PostgreSQL's own dialect on one embedded connection, which transactions take in turn. */
export class PgliteDialect implements Dialect {
  constructor(private readonly database: PGlite) {}

  createDriver = (): Driver => new PgliteDriver(this.database)
  createAdapter = (): PostgresAdapter => new PostgresAdapter()
  createQueryCompiler = (): PostgresQueryCompiler => new PostgresQueryCompiler()
  createIntrospector: Dialect['createIntrospector'] = db => new PostgresIntrospector(db)
}

class PgliteDriver implements Driver {
  /** resolves when the connection is free; every holder appends itself */
  private free: Promise<void> = Promise.resolve()
  private readonly releases = new Map<DatabaseConnection, () => void>()

  constructor(private readonly database: PGlite) {}

  init = (): Promise<void> => this.database.waitReady
  destroy = (): Promise<void> => this.database.close()

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.free
    let release = (): void => undefined
    this.free = new Promise(resolve => (release = resolve))
    await before
    const connection = new PgliteConnection(this.database)
    this.releases.set(connection, release)
    return connection
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.releases.get(connection)?.()
    this.releases.delete(connection)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
}

class PgliteConnection implements DatabaseConnection {
  constructor(private readonly database: PGlite) {}

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affectedRows } = await this.database.query<R>(query.sql, [...query.parameters])
    return { rows, ...(affectedRows === undefined ? {} : { numAffectedRows: BigInt(affectedRows) }) }
  }

  // PGlite has no cursors, and the store reads no table that needs one
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what: 'PGlite cannot stream a query', got: 'stream()', expected: 'execute()' },
      { argument: 'query', got: 'stream()', expected: 'execute()' },
    )
  }
}
