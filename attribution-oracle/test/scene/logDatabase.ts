import { PGlite } from '@electric-sql/pglite'
import { Kysely, Migrator } from 'kysely'
import type { LogStore } from '../../src/domain'
import { openLogStore } from '../../src/store/logs'
import { MIGRATIONS } from '../../src/store/migrations'
import { PgliteDialect } from '../../src/store/pgliteDialect'
import type { Schema } from '../../src/store/schema'

/** A real database with the store's tables, of which a test empties those that hold logs. */
export interface LogDatabase {
  logs: LogStore
  empty(): Promise<void>
  stop(): Promise<void>
}

export async function startLogDatabase(): Promise<LogDatabase> {
  const db = new Kysely<Schema>({ dialect: new PgliteDialect(new PGlite('memory://')) })
  const provider = { getMigrations: () => Promise.resolve(MIGRATIONS) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error) throw error
  return {
    logs: openLogStore(db),
    async empty() {
      await db.deleteFrom('logs').execute()
      await db.deleteFrom('log_cursor').execute()
    },
    stop: () => db.destroy(),
  }
}
