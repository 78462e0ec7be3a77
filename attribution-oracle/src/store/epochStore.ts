import { PGlite } from '@electric-sql/pglite'
import { Kysely, Migrator, type Transaction } from 'kysely'
import type { EpochState, Outbox } from '../domain'
import { AttributionOracleError } from '../errors'
import { openOutbox } from './outbox'
import { PgliteDialect } from './pgliteDialect'
import { MIGRATIONS } from './migrations'
import type { Schema } from './schema'

/** What one account earned in one epoch from one pool. */
export interface Earning {
  epoch: number
  contributorIndex: number
  account: string
  poolId: bigint
  amount: bigint
}

/** What a step leaves behind, stored in the same transaction that moves the epoch on. */
export interface StepResult {
  /** results by name, in the bytes that the next steps read */
  results?: Readonly<Record<string, Uint8Array>>
  earnings?: readonly Omit<Earning, 'epoch'>[]
}

/** Results that a rejected root takes with it; inputs, scores and weights stay. */
const AFTER_SCORED = ['settled', 'submitted', 'final']

/**
 * Epochs, the results of their steps, earnings and the outbox. Every change of state and what belongs to it is one
 * transaction, so that a killed process finds an epoch before the step or after it, never in between.
 */
export class EpochStore {
  readonly outbox: Outbox

  private constructor(private readonly db: Kysely<Schema>) {
    this.outbox = openOutbox(db)
  }

  /** @param folder where PostgreSQL's files live; "memory://" for a store that ends with the process */
  static async open(folder: string): Promise<EpochStore> {
    const db = new Kysely<Schema>({ dialect: new PgliteDialect(new PGlite(folder)) })
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
    const { error } = await migrator.migrateToLatest()
    if (error) {
      await db.destroy()
      throw error
    }
    return new EpochStore(db)
  }

  async state(epoch: number): Promise<EpochState | undefined> {
    const row = await this.db
      .selectFrom('epochs')
      .select('state')
      .where('epoch', '=', epoch)
      .executeTakeFirst()
    return row?.state
  }

  async epochs(): Promise<{ epoch: number; state: EpochState }[]> {
    return this.db.selectFrom('epochs').selectAll().orderBy('epoch').execute()
  }

  /** Starts an epoch; an epoch that is known already stays as it is. */
  async begin(epoch: number): Promise<void> {
    const row = { epoch, state: 'open' as const }
    await this.db
      .insertInto('epochs')
      .values(row)
      .onConflict(conflict => conflict.doNothing())
      .execute()
  }

  /**
   * Moves an epoch on and stores what the step found.
   * @throws WRONG_STATE when the epoch is not in `from`: nothing is written then
   */
  async advance(epoch: number, from: EpochState, to: EpochState, step: StepResult = {}): Promise<void> {
    await this.db.transaction().execute(async trx => {
      await move(trx, epoch, from, to)
      const results = Object.entries(step.results ?? {}).map(([name, bytes]) => ({
        epoch,
        name: `${to}/${name}`,
        bytes,
      }))
      if (results.length > 0) await trx.insertInto('results').values(results).execute()
      for (const earning of step.earnings ?? []) {
        await trx
          .insertInto('earnings')
          .values({
            epoch,
            contributor_index: earning.contributorIndex,
            account: earning.account,
            pool_id: earning.poolId.toString(),
            amount: earning.amount.toString(),
          })
          .execute()
      }
    })
  }

  /** A rejected root: back to scored, without the settlement; the transaction that carried it is put away. */
  async reject(epoch: number): Promise<void> {
    await this.db.transaction().execute(async trx => {
      await move(trx, epoch, 'submitted', 'scored')
      for (const state of AFTER_SCORED) {
        await trx
          .deleteFrom('results')
          .where('epoch', '=', epoch)
          .where('name', 'like', `${state}/%`)
          .execute()
      }
      await trx.deleteFrom('earnings').where('epoch', '=', epoch).execute()
      // what could still be mined, or mined again, stays; what is over makes room for the next post
      await trx
        .updateTable('outbox')
        .set({ archived: true })
        .where('epoch', '=', epoch)
        .where('final', '=', true)
        .execute()
    })
  }

  /**
   * A result of the step that led to `state`.
   * @throws WRONG_STATE when that step has not run
   */
  async result(epoch: number, state: EpochState, name: string): Promise<Uint8Array> {
    const row = await this.db
      .selectFrom('results')
      .select('bytes')
      .where('epoch', '=', epoch)
      .where('name', '=', `${state}/${name}`)
      .executeTakeFirst()
    if (row) return row.bytes
    throw wrongState(epoch, (await this.state(epoch)) ?? 'unknown', `${state}, with a result "${name}"`)
  }

  /** All earnings of an account over all epochs, in order of epoch and pool. */
  async earnings(account: string): Promise<Earning[]> {
    const rows = await this.db
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

  close(): Promise<void> {
    return this.db.destroy()
  }
}

async function move(
  trx: Transaction<Schema>,
  epoch: number,
  from: EpochState,
  to: EpochState,
): Promise<void> {
  const moved = await trx
    .updateTable('epochs')
    .set({ state: to })
    .where('epoch', '=', epoch)
    .where('state', '=', from)
    .returning('epoch')
    .executeTakeFirst()
  if (moved) return
  const row = await trx.selectFrom('epochs').select('state').where('epoch', '=', epoch).executeTakeFirst()
  throw wrongState(epoch, row?.state ?? 'unknown', from)
}

function wrongState(epoch: number, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_STATE',
    { what: `Epoch ${epoch} is not where this step starts`, got, expected },
    { epoch, got, expected },
  )
}
