import { PGlite } from '@electric-sql/pglite'
import { Kysely } from 'kysely'
import { EpochStore } from '../../src/store'
import { migrate } from '../../src/store/openDatabase'
import { PgliteDialect } from '../../src/store/pgliteDialect'
import type { Schema } from '../../src/store/schema'

let image: Promise<Blob> | undefined

/** A new store in memory. Its empty tables are made once for a process: making them takes seconds. */
export async function openMemoryStore(): Promise<EpochStore> {
  image ??= emptyStore()
  return EpochStore.open({ image: await image })
}

async function emptyStore(): Promise<Blob> {
  const database = new PGlite('memory://')
  const db = new Kysely<Schema>({ dialect: new PgliteDialect(database) })
  await migrate(db)
  const files = await database.dumpDataDir('none')
  await db.destroy()
  return files
}
