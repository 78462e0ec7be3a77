import { sql, type Kysely, type Migration } from 'kysely'
import type { EpochState } from '../domain'

/** Amounts are NUMERIC in the database and decimal text on the way in and out: no float ever holds money. */
export interface Schema {
  epochs: { epoch: number; state: EpochState }
  results: { epoch: number; name: string; bytes: Uint8Array }
  earnings: { epoch: number; contributor_index: number; account: string; pool_id: string; amount: string }
  outbox: { epoch: number; action: string; nonce: number; hash: string; raw: string }
}

/** Applied in the order of their names; an applied migration is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-epochs': {
    async up(db: Kysely<unknown>) {
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
    },
  },
}
