import { sql, type Kysely } from 'kysely'

/** The events of finalized blocks, and up to which block they are all there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('logs')
    .addColumn('block_number', 'integer', column => column.notNull())
    .addColumn('log_index', 'integer', column => column.notNull())
    .addColumn('address', 'bytea', column => column.notNull())
    .addColumn('topics', 'bytea', column => column.notNull())
    .addColumn('data', 'bytea', column => column.notNull())
    .addColumn('block_hash', 'bytea', column => column.notNull())
    .addColumn('transaction_hash', 'bytea', column => column.notNull())
    .addPrimaryKeyConstraint('logs_key', ['block_number', 'log_index'])
    .execute()
  // one row, in which the chain and the contracts are named that the events are of
  await db.schema
    .createTable('log_cursor')
    .addColumn('place', 'integer', column => column.primaryKey().check(sql`place = 1`))
    .addColumn('subject', 'text', column => column.notNull())
    .addColumn('block_number', 'integer')
    .addColumn('block_hash', 'text')
    .execute()
}
