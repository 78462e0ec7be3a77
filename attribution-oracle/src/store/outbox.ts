import type { Kysely } from 'kysely'
import type { Outbox } from '../domain'
import { AttributionOracleError } from '../errors'
import type { Schema } from './schema'

/** The outbox on the store's own database. */
export function openOutbox(db: Kysely<Schema>): Outbox {
  return {
    find: (epoch, action) =>
      db
        .selectFrom('outbox')
        .selectAll()
        .where('epoch', '=', epoch)
        .where('action', '=', action)
        .executeTakeFirst(),

    async record(entry) {
      const inserted = await db
        .insertInto('outbox')
        .values(entry)
        .onConflict(conflict => conflict.doNothing())
        .returning('epoch')
        .executeTakeFirst()
      if (inserted) return
      const got = `a transaction for "${entry.action}"`
      throw new AttributionOracleError(
        'WRONG_STATE',
        { what: `Epoch ${entry.epoch} already has this transaction`, got, expected: 'none' },
        { epoch: entry.epoch, got, expected: 'none' },
      )
    },

    async discard(epoch, action) {
      await db.deleteFrom('outbox').where('epoch', '=', epoch).where('action', '=', action).execute()
    },
  }
}
