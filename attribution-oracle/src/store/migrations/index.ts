import type { Migration } from 'kysely'
import * as epochs from './001-epochs'
import * as outbox from './002-outbox'
import * as logs from './003-logs'
import * as verifications from './004-verifications'

/** Applied in the order of their names; an applied migration is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-epochs': epochs,
  '002-outbox': outbox,
  '003-logs': logs,
  '004-verifications': verifications,
}
