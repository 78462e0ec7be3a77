import { sql, type Kysely } from 'kysely'

/**
 * A transaction in as many tries as it took, and what became of it. What was signed before is kept as pending with one
 * try: the sender asks the chain about it. Its sender and fees are in the raw bytes alone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('outbox').renameTo('outbox_001').execute()
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'integer', column => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('epoch', 'integer', column => column.notNull())
    .addColumn('action', 'text', column => column.notNull())
    .addColumn('sender', 'text')
    .addColumn('nonce', 'bigint', column => column.notNull())
    .addColumn('state', 'text', column =>
      column.notNull().check(sql`state in ('pending', 'mined', 'reverted', 'cancelled', 'superseded')`),
    )
    .addColumn('final', 'boolean', column => column.notNull().defaultTo(false))
    .addColumn('archived', 'boolean', column => column.notNull().defaultTo(false))
    .addColumn('mined_hash', 'text')
    .addColumn('block_number', 'bigint')
    .addColumn('gas_used', sql`numeric(39, 0)`)
    .addColumn('cost', sql`numeric(78, 0)`)
    .addCheckConstraint('outbox_archived_is_over', sql`not (archived and state = 'pending')`)
    .execute()
  await db.schema
    .createTable('outbox_tries')
    .addColumn('outbox_id', 'integer', column => column.notNull().references('outbox.id'))
    .addColumn('attempt', 'integer', column => column.notNull())
    .addColumn('kind', 'text', column => column.notNull().check(sql`kind in ('action', 'cancellation')`))
    .addColumn('subject', 'text', column => column.notNull())
    .addColumn('hash', 'text', column => column.notNull())
    .addColumn('raw', 'text', column => column.notNull())
    .addColumn('max_fee_per_gas', sql`numeric(78, 0)`)
    .addColumn('max_priority_fee_per_gas', sql`numeric(78, 0)`)
    .addColumn('signed_at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('outbox_tries_key', ['outbox_id', 'attempt'])
    .execute()
  // the two promises of the outbox, held by the database: one transaction per key, one key per nonce
  await sql`create unique index outbox_one_per_key on outbox (epoch, action) where not archived`.execute(db)
  await sql`create unique index outbox_one_per_nonce on outbox (sender, nonce)
    where state <> 'superseded'`.execute(db)
  await sql`insert into outbox (epoch, action, nonce, state)
    select epoch, action, nonce, 'pending' from outbox_001 order by nonce`.execute(db)
  await sql`insert into outbox_tries (outbox_id, attempt, kind, subject, hash, raw, signed_at)
    select outbox.id, 1, 'action', '', hash, raw, floor(extract(epoch from now()) * 1000)
    from outbox join outbox_001 using (epoch, action)`.execute(db)
  await db.schema.dropTable('outbox_001').execute()
}
