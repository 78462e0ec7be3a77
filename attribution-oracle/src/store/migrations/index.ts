import type { Migration } from 'kysely'
import * as epochs from './001-epochs'
import * as logs from './003-logs'

/** Applied in the order of their names; an applied migration is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-epochs': epochs,
  '003-logs': logs,
}
