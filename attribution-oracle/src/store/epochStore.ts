import { sql, type Kysely, type Transaction } from 'kysely'
import { EPOCH_STATES, type EpochState, type LogStore, type Outbox } from '../domain'
import { AttributionOracleError, type Holder } from '../errors'
import type { Database, StoreLock } from './database'
import { earningsOf, insertEarnings, type Earning } from './earnings'
import { migrate, openDatabase, type StoreLocation } from './openDatabase'
import { openLogStore } from './logs'
import { openOutbox } from './outbox'
import type { Schema } from './schema'
import { appliedMigrations, dumpTables, restoreTables, type TableDump } from './tableDump'
import { openVerifications, type Verifications } from './verifications'

/** What a step leaves behind, stored in the same transaction that moves the epoch on. */
export interface StepResult {
  /** results by name, in the bytes that the next steps read */
  results?: Readonly<Record<string, Uint8Array>>
  /** only of the step that settles */
  earnings?: readonly Omit<Earning, 'epoch'>[]
}

/** Results that a rejected root takes with it; inputs, scores and weights stay. */
const AFTER_SCORED = ['settled', 'submitted', 'final']

/**
 * Epochs, the results of their steps, earnings and the outbox, on PostgreSQL or inside this process (PGlite). Every change
 * of state and what belongs to it is one transaction, so that a killed process finds an epoch before the step or after it,
 * never in between. What an epoch left is never written again: the database itself refuses it (004-verifications).
 *
 * Everything here fails with STORE_UNREACHABLE while the database cannot be used, and works again when it can.
 */
export class EpochStore {
  readonly outbox: Outbox
  readonly verifications: Verifications
  readonly logs: LogStore
  /** the migrations that opening it applied */
  applied: readonly string[] = []
  private readonly db: Kysely<Schema>

  private constructor(private readonly database: Database) {
    this.db = database.db
    this.outbox = openOutbox(this.db)
    this.logs = openLogStore(this.db)
    this.verifications = openVerifications(this.db)
  }

  /**
   * Opens a store and brings its tables up to date.
   * @param location a folder, "memory://" for a store that ends with the process, or a postgres:// URL
   * @throws STORE_LOCKED when another process holds the folder, STORE_CORRUPT, STORE_UNREACHABLE, INVALID_CONFIG
   */
  static async open(location: StoreLocation): Promise<EpochStore> {
    const database = await openDatabase(location)
    const store = new EpochStore(database)
    try {
      store.applied = await store.migrate()
    } catch (error) {
      await database.close()
      throw error
    }
    return store
  }

  /** @returns the names of the migrations that were applied now */
  migrate(): Promise<string[]> {
    return migrate(this.db)
  }

  /**
   * The right to do what only one process may do. Undefined while another one has it.
   * @throws STORE_UNREACHABLE
   */
  lock(name: 'poster' | 'work'): Promise<StoreLock | undefined> {
    return this.database.lock(name)
  }

  /** Who has a lock that we did not get; undefined where that cannot be found out, or it is free again. */
  lockHolder(name: 'poster'): Promise<Holder | undefined> {
    return this.database.holder(name)
  }

  /** @throws STORE_UNREACHABLE when the database does not answer */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.db)
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
   * Moves an epoch on by one state and stores what the step found.
   * @throws WRONG_STATE when the epoch is not in `from`: nothing is written then; INVALID_ARGUMENT when `to` does not
   * follow `from`, or earnings come from a step that settles nothing
   */
  async advance(epoch: number, from: EpochState, to: EpochState, step: StepResult = {}): Promise<void> {
    expectStep(from, to, step)
    await this.db.transaction().execute(async trx => {
      await expectState(trx, epoch, from)
      const results = Object.entries(step.results ?? {}).map(([name, bytes]) => ({
        epoch,
        name: `${to}/${name}`,
        bytes,
      }))
      if (results.length > 0) await trx.insertInto('results').values(results).execute()
      await insertEarnings(trx, epoch, step.earnings ?? [])
      await trx.updateTable('epochs').set({ state: to }).where('epoch', '=', epoch).execute()
    })
  }

  /** A rejected root: back to scored, without the settlement; the transaction that carried it is put away. */
  async reject(epoch: number): Promise<void> {
    await this.db.transaction().execute(async trx => {
      await expectState(trx, epoch, 'submitted')
      await trx.updateTable('epochs').set({ state: 'scored' }).where('epoch', '=', epoch).execute()
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
    if (row) return new Uint8Array(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength)
    throw wrongState(epoch, (await this.state(epoch)) ?? 'unknown', `${state}, with a result "${name}"`)
  }

  /** All earnings of an account over all epochs, in order of epoch and pool. */
  earnings(account: string): Promise<Earning[]> {
    return earningsOf(this.db, account)
  }

  /** The names of the migrations that shaped the tables. */
  migrations(): Promise<string[]> {
    return appliedMigrations(this.db)
  }

  /** Gives all tables as of one moment, one after another. */
  dump(take: (dump: TableDump) => Promise<void>): Promise<void> {
    return dumpTables(this.db, take)
  }

  /**
   * Fills an empty store with what `dump` gave of another one.
   * @param before what has to be done before anybody can see it; where that fails, nothing is written
   * @throws WRONG_STATE when it is not empty, INVALID_DOCUMENT for rows that do not fit: nothing is written then
   */
  restore(
    dumps: ReadonlyMap<string, () => AsyncIterable<string>>,
    before?: () => Promise<void>,
  ): Promise<void> {
    return restoreTables(this.db, dumps, before)
  }

  close(): Promise<void> {
    return this.database.close()
  }
}

/** The row stays locked to the end of the transaction: of two racing steps the second finds the state that the first left. */
async function expectState(trx: Transaction<Schema>, epoch: number, state: EpochState): Promise<void> {
  const row = await trx
    .selectFrom('epochs')
    .select('state')
    .where('epoch', '=', epoch)
    .forUpdate()
    .executeTakeFirst()
  if (row?.state !== state) throw wrongState(epoch, row?.state ?? 'unknown', state)
}

function expectStep(from: EpochState, to: EpochState, { earnings = [] }: StepResult): void {
  const next = EPOCH_STATES[EPOCH_STATES.indexOf(from) + 1]
  if (to !== next) throw wrongStep('to', to, next ?? 'nothing: a final epoch never changes')
  if (earnings.length > 0 && to !== 'settled')
    throw wrongStep('earnings', `${earnings.length} with ${to}`, 'earnings of the step that settles')
}

function wrongStep(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'An epoch cannot make this step', got, expected },
    { argument, got, expected },
  )
}

function wrongState(epoch: number, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_STATE',
    { what: `Epoch ${epoch} is not where this step starts`, got, expected },
    { epoch, got, expected },
  )
}
