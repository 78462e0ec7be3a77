import { PGlite } from '@electric-sql/pglite'
import { makeFolder } from '@open-datanets/content-store'
import { Kysely } from 'kysely'
import { resolve } from 'node:path'
import { AttributionOracleError } from '../errors'
import type { Database, StoreLock } from './database'
import { holdFolder } from './folderLock'
import { PgliteDialect } from './pgliteDialect'
import type { Schema } from './schema'

const MEMORY = 'memory://'

/**
 * PostgreSQL inside this process, over a folder that this process alone may hold.
 * @param folder "memory://" for a store that ends with the process
 * @param image the files that it begins with
 * @throws STORE_LOCKED when another process holds the folder, STORE_CORRUPT when its files are not PostgreSQL's
 */
export async function openPglite(folder: string, image?: Blob): Promise<Database> {
  const where = folder.startsWith(MEMORY) ? 'memory' : resolve(folder)
  const free = folder.startsWith(MEMORY) ? () => Promise.resolve() : await holdWhole(where)
  const database = new PGlite(folder, image && { loadDataDir: image })
  try {
    await database.waitReady
  } catch (cause) {
    await free()
    throw corrupt(where, cause)
  }
  const db = new Kysely<Schema>({ dialect: new PgliteDialect(database) })
  return {
    db,
    where,
    lock: locksOfOneProcess(),
    holder: () => Promise.resolve(undefined),
    async close() {
      await db.destroy()
      await free()
    },
  }
}

async function holdWhole(folder: string): Promise<() => Promise<void>> {
  try {
    await makeFolder(folder)
    return await holdFolder(folder)
  } catch (error) {
    throw error instanceof AttributionOracleError ? error : unusable(folder, error)
  }
}

/** The disk does not give the folder: its rights, a file in the way, no space. */
function unusable(folder: string, cause: unknown): AttributionOracleError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
  const what = `The store folder ${folder} cannot be used`
  const fix = 'check the path, its rights and the free space, or set storeFolder to another folder'
  return new AttributionOracleError(
    'STORE_UNREACHABLE',
    { what, got: reason, expected: 'a folder that can be written', fix },
    { where: folder, reason },
    { cause },
  )
}

/** The folder is held by this process already: what is left is to tell its own parts from each other. */
function locksOfOneProcess(): (name: string) => Promise<StoreLock | undefined> {
  const held = new Set<string>()
  return name => {
    if (held.has(name)) return Promise.resolve(undefined)
    held.add(name)
    const release = (): Promise<void> => Promise.resolve(void held.delete(name))
    return Promise.resolve({ lost: new AbortController().signal, release })
  }
}

function corrupt(folder: string, cause: unknown): AttributionOracleError {
  const got = cause instanceof Error ? cause.message : String(cause)
  const expected = 'the files that PostgreSQL left there'
  return new AttributionOracleError(
    'STORE_CORRUPT',
    {
      what: `The store in ${folder} cannot be opened`,
      got,
      expected,
      fix: 'restore a snapshot into an empty folder, or rebuild from the chain',
    },
    { file: folder, got, expected },
    { cause },
  )
}
