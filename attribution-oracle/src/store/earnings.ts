import { sql, type Kysely, type Transaction } from 'kysely'
import type { Schema } from './schema'

/** What one account earned in one epoch from one pool. */
export interface Earning {
  epoch: number
  contributorIndex: number
  account: string
  poolId: bigint
  amount: bigint
}

/** A row is no parameter of its own: a statement takes at most 65 535 of them, and 1 000 000 accounts may earn. */
const ROWS_PER_INSERT = 20_000

export async function insertEarnings(
  trx: Transaction<Schema>,
  epoch: number,
  earnings: readonly Omit<Earning, 'epoch'>[],
): Promise<void> {
  for (let at = 0; at < earnings.length; at += ROWS_PER_INSERT) {
    const rows = earnings.slice(at, at + ROWS_PER_INSERT)
    const indices = rows.map(({ contributorIndex }) => contributorIndex)
    const accounts = rows.map(({ account }) => account)
    const pools = rows.map(({ poolId }) => poolId.toString())
    const amounts = rows.map(({ amount }) => amount.toString())
    await sql`
      insert into earnings (epoch, contributor_index, account, pool_id, amount)
      select ${epoch}::integer, * from unnest(
        ${indices}::bigint[], ${accounts}::text[], ${pools}::numeric[], ${amounts}::numeric[]
      )`.execute(trx)
  }
}

/** In order of epoch and pool. */
export async function earningsOf(db: Kysely<Schema>, account: string): Promise<Earning[]> {
  const rows = await db
    .selectFrom('earnings')
    .selectAll()
    .where('account', '=', account)
    .orderBy('epoch')
    .orderBy('pool_id')
    .execute()
  return rows.map(row => ({
    epoch: row.epoch,
    contributorIndex: Number(row.contributor_index),
    account: row.account,
    poolId: BigInt(row.pool_id),
    amount: BigInt(row.amount),
  }))
}
