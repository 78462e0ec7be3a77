import { Migrator, type Kysely } from 'kysely'
import type { Database } from './database'
import { MIGRATIONS } from './migrations'
import { openPglite } from './pgliteDatabase'
import { openPostgres } from './postgresDatabase'
import type { Schema } from './schema'

/**
 * A folder, "memory://", or the URL of a PostgreSQL. `image` is what PGlite's `dumpDataDir` gave: a store that begins with
 * it and ends with the process, in a quarter of the time that an empty one takes to be made.
 */
export type StoreLocation = string | { folder: string } | { url: string } | { image: Blob }

/** @throws STORE_LOCKED, STORE_UNREACHABLE, STORE_CORRUPT, INVALID_CONFIG */
export async function openDatabase(location: StoreLocation): Promise<Database> {
  if (typeof location === 'string')
    return openDatabase(/^postgres(ql)?:/.test(location) ? { url: location } : { folder: location })
  if ('image' in location) return openPglite('memory://', location.image)
  return 'url' in location ? openPostgres(location.url) : openPglite(location.folder)
}

/**
 * Brings the tables up to date; several processes may do so at once.
 * @returns the names of the migrations that were applied now
 */
export async function migrate(db: Kysely<Schema>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error as Error
  return results.map(({ migrationName }) => migrationName)
}
