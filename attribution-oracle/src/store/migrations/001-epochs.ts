import { sql, type Kysely } from 'kysely'

/** Epochs, the results of their steps, earnings, and the transactions that were signed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('epochs')
    .addColumn('epoch', 'integer', column => column.primaryKey())
    .addColumn('state', 'text', column =>
      column.notNull().check(sql`state in ('open', 'closed', 'scored', 'settled', 'submitted', 'final')`),
    )
    .execute()
  await db.schema
    .createTable('results')
    .addColumn('epoch', 'integer', column => column.notNull().references('epochs.epoch'))
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('bytes', 'bytea', column => column.notNull())
    .addPrimaryKeyConstraint('results_key', ['epoch', 'name'])
    .execute()
  await db.schema
    .createTable('earnings')
    .addColumn('epoch', 'integer', column => column.notNull().references('epochs.epoch'))
    .addColumn('contributor_index', 'bigint', column => column.notNull())
    .addColumn('account', 'text', column => column.notNull())
    .addColumn('pool_id', sql`numeric(20, 0)`, column => column.notNull())
    .addColumn('amount', sql`numeric(39, 0)`, column => column.notNull().check(sql`amount > 0`))
    .addPrimaryKeyConstraint('earnings_key', ['epoch', 'contributor_index', 'pool_id'])
    .execute()
  await db.schema.createIndex('earnings_account').on('earnings').column('account').execute()
  await db.schema
    .createTable('outbox')
    .addColumn('epoch', 'integer', column => column.notNull())
    .addColumn('action', 'text', column => column.notNull())
    .addColumn('nonce', 'integer', column => column.notNull())
    .addColumn('hash', 'text', column => column.notNull())
    .addColumn('raw', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('outbox_key', ['epoch', 'action'])
    .execute()
}
