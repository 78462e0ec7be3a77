import type { Kysely, Selectable, Transaction } from 'kysely'
import type { NewTransaction, Outbox, OutboxEntry, OutboxTry } from '../domain'
import { AttributionOracleError } from '../errors'
import type { Schema } from './schema'

type Row = Selectable<Schema['outbox']>
type TryRow = Selectable<Schema['outbox_tries']>

/** The outbox on the store's own database. */
export function openOutbox(db: Kysely<Schema>): Outbox {
  const entries = () => db.selectFrom('outbox').selectAll()
  const current = (epoch: number, action: string) =>
    entries().where('epoch', '=', epoch).where('action', '=', action).where('archived', '=', false)
  return {
    async find(epoch, action) {
      const row = await current(epoch, action).executeTakeFirst()
      return row && (await withTries(db, [row]))[0]
    },
    async unfinished() {
      const open = entries().where('archived', '=', false).where('final', '=', false)
      return withTries(db, await open.orderBy('nonce').execute())
    },
    async ofEpoch(epoch) {
      return withTries(db, await entries().where('epoch', '=', epoch).orderBy('id').execute())
    },
    record: transaction => db.transaction().execute(trx => record(trx, transaction)),
    retry: (epoch, action, next) => db.transaction().execute(trx => retry(trx, epoch, action, next)),
    async resolve(epoch, action, { state, final, receipt }) {
      await db
        .updateTable('outbox')
        .set({
          state,
          final,
          mined_hash: receipt?.hash ?? null,
          block_number: receipt?.blockNumber ?? null,
          gas_used: receipt?.gasUsed.toString() ?? null,
          cost: receipt?.cost.toString() ?? null,
        })
        .where('epoch', '=', epoch)
        .where('action', '=', action)
        .where('archived', '=', false)
        .where('final', '=', false)
        .execute()
    },
    async archive(epoch, action) {
      const archived = await db
        .updateTable('outbox')
        .set({ archived: true })
        .where('epoch', '=', epoch)
        .where('action', '=', action)
        .where('archived', '=', false)
        .where('state', '<>', 'pending')
        .returning('id')
        .executeTakeFirst()
      if (!archived && (await current(epoch, action).executeTakeFirst()))
        throw wrongState(epoch, `"${action}" pending`, 'a transaction of which the chain has decided')
    },
  }
}

async function record(
  trx: Transaction<Schema>,
  { epoch, action, sender, nonce, first }: NewTransaction,
): Promise<boolean> {
  const inserted = await trx
    .insertInto('outbox')
    .values({ epoch, action, sender, nonce, state: 'pending' })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted) {
    await trx.insertInto('outbox_tries').values(rowOf(inserted.id, first)).execute()
    return true
  }
  const present = await trx
    .selectFrom('outbox')
    .select('id')
    .where('epoch', '=', epoch)
    .where('action', '=', action)
    .where('archived', '=', false)
    .executeTakeFirst()
  if (present) throw wrongState(epoch, `a transaction for "${action}"`, 'none')
  return false
}

async function retry(
  trx: Transaction<Schema>,
  epoch: number,
  action: string,
  next: OutboxTry,
): Promise<boolean> {
  // locked, so that no other process decides of it, or adds to it, in between
  const entry = await trx
    .selectFrom('outbox')
    .select('id')
    .where('epoch', '=', epoch)
    .where('action', '=', action)
    .where('archived', '=', false)
    .where('state', '=', 'pending')
    .forUpdate()
    .executeTakeFirst()
  if (!entry) return false
  const inserted = await trx
    .insertInto('outbox_tries')
    .values(rowOf(entry.id, next))
    .onConflict(conflict => conflict.doNothing())
    .returning('attempt')
    .executeTakeFirst()
  return inserted !== undefined
}

async function withTries(db: Kysely<Schema>, rows: readonly Row[]): Promise<OutboxEntry[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const tries = await db
    .selectFrom('outbox_tries')
    .selectAll()
    .where('outbox_id', 'in', ids)
    .orderBy('attempt')
    .execute()
  return rows.map(row =>
    entryOf(
      row,
      tries.filter(one => one.outbox_id === row.id),
    ),
  )
}

function entryOf(row: Row, tries: readonly TryRow[]): OutboxEntry {
  const { epoch, action, state, final, mined_hash: mined } = row
  return {
    ...{ epoch, action, state, final },
    sender: row.sender ?? undefined,
    nonce: Number(row.nonce),
    receipt:
      mined === null
        ? undefined
        : {
            hash: mined,
            blockNumber: Number(row.block_number),
            gasUsed: BigInt(row.gas_used ?? 0),
            cost: BigInt(row.cost ?? 0),
          },
    hash: mined ?? tries.at(-1)!.hash,
    tries: tries.map(tryOf),
  }
}

function tryOf({ attempt, kind, subject, hash, raw, ...row }: TryRow): OutboxTry {
  const { max_fee_per_gas: maxFee, max_priority_fee_per_gas: priorityFee } = row
  return {
    ...{ attempt, kind, subject, hash, raw },
    maxFeePerGas: maxFee === null ? undefined : BigInt(maxFee),
    maxPriorityFeePerGas: priorityFee === null ? undefined : BigInt(priorityFee),
    signedAt: Number(row.signed_at),
  }
}

function rowOf(id: number, { attempt, kind, subject, hash, raw, ...rest }: OutboxTry): TryRow {
  return {
    ...{ outbox_id: id, attempt, kind, subject, hash, raw },
    max_fee_per_gas: rest.maxFeePerGas?.toString() ?? null,
    max_priority_fee_per_gas: rest.maxPriorityFeePerGas?.toString() ?? null,
    signed_at: rest.signedAt,
  }
}

function wrongState(epoch: number, got: string, expected: string): AttributionOracleError {
  const what = `The outbox of epoch ${epoch} is not where this step starts`
  return new AttributionOracleError('WRONG_STATE', { what, got, expected }, { epoch, got, expected })
}
