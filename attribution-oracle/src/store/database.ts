import type { Kysely } from 'kysely'
import type { Holder } from '../errors'
import type { Schema } from './schema'

/** Something that at most one process of this store does at a time. */
export interface StoreLock {
  /** aborts when the lock went without having been released; its reason is a STORE_UNREACHABLE */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** What the store stands on. */
export interface Database {
  readonly db: Kysely<Schema>
  /** host or folder, as faults name it */
  readonly where: string
  /** Undefined while somebody else holds it. */
  lock(name: string): Promise<StoreLock | undefined>
  /** Who holds a lock that we did not get, as far as that can be found out. */
  holder(name: string): Promise<Holder | undefined>
  close(): Promise<void>
}
