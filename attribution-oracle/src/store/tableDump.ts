import { sql, type Kysely, type Transaction } from 'kysely'
import { AttributionOracleError } from '../errors'
import type { Schema } from './schema'

/** All rows of a table, each as the JSON that PostgreSQL itself writes: no number of it ever becomes a float. */
export interface TableDump {
  table: string
  count: number
  rows: AsyncIterable<string>
}

/** A row may hold a whole epoch, so that rows are fetched by their weight and not by their number. */
const BATCH_CHARACTERS = 4_000_000
const FETCH_ROWS = 500

type Trx = Transaction<Schema>

/**
 * Gives every table as of one moment, in an order in which no row refers to a later one; rows in the order of their key.
 * Tables are taken one after another.
 */
export async function dumpTables(
  db: Kysely<Schema>,
  take: (dump: TableDump) => Promise<void>,
): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async trx => {
      for (const table of await tablesOf(trx)) {
        const counted = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(
          trx,
        )
        await take({ table, count: counted.rows[0]!.n, rows: rowsOf(trx, table) })
      }
    })
}

/**
 * Fills an empty store in one transaction; the guards of what is settled sleep meanwhile.
 * @param before what is done before it is committed
 * @throws WRONG_STATE when the store has rows already, INVALID_DOCUMENT for rows that do not fit
 */
export async function restoreTables(
  db: Kysely<Schema>,
  dumps: ReadonlyMap<string, () => AsyncIterable<string>>,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await db.transaction().execute(async trx => {
    const tables = await tablesOf(trx)
    const unknown = [...dumps.keys()].filter(table => !tables.includes(table))
    if (unknown.length > 0) throw unfit('store', `a table "${unknown[0]}"`)
    for (const table of tables) await expectEmpty(trx, table)
    for (const table of tables) {
      const dump = dumps.get(table)
      if (!dump) continue
      await sql`alter table ${sql.table(table)} disable trigger user`.execute(trx)
      await fill(trx, table, dump())
      await sql`alter table ${sql.table(table)} enable trigger user`.execute(trx)
      await countOn(trx, table)
    }
    await before()
  })
}

export async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** Those that others refer to stand first. */
async function tablesOf(trx: Trx): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = current_schema() and tablename not like 'kysely\\_%' order by 1`.execute(trx)
  const references = await sql<{ from: string; to: string }>`
    select conrelid::regclass::text as "from", confrelid::regclass::text as "to"
    from pg_constraint where contype = 'f'`.execute(trx)
  const ordered: string[] = []
  const add = (name: string): void => {
    if (ordered.includes(name)) return
    for (const { from, to } of references.rows) if (from === name && to !== name) add(to)
    ordered.push(name)
  }
  for (const { name } of rows) add(name)
  return ordered
}

async function* rowsOf(trx: Trx, table: string): AsyncIterable<string> {
  const { rows: key } = await sql<{ column: string }>`
    select attname as "column" from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = ${table}::regclass and indisprimary order by array_position(indkey::int2[], attnum)`.execute(
    trx,
  )
  const order = sql.join(key.map(({ column }) => sql.ref(column)))
  await sql`declare dump cursor for
    select row_to_json(each)::text as row from ${sql.table(table)} as each order by ${order}`.execute(trx)
  // one large row at a time, many small ones
  let size = 1
  for (;;) {
    const fetched = await sql<{ row: string }>`fetch ${sql.raw(String(size))} from dump`.execute(trx)
    if (fetched.rows.length === 0) break
    for (const { row } of fetched.rows) yield row
    const weight = fetched.rows.reduce((sum, { row }) => sum + row.length, 0) / fetched.rows.length
    size = Math.max(1, Math.min(FETCH_ROWS, Math.floor(BATCH_CHARACTERS / weight)))
  }
  await sql`close dump`.execute(trx)
}

async function fill(trx: Trx, table: string, rows: AsyncIterable<string>): Promise<void> {
  let batch: string[] = []
  let characters = 0
  const insert = async (): Promise<void> => {
    if (batch.length === 0) return
    const into = sql.table(table)
    await sql`insert into ${into} overriding system value
      select * from json_populate_recordset(null::${into}, ${`[${batch.join()}]`}::json)`
      .execute(trx)
      .catch((cause: unknown) => {
        throw cause instanceof AttributionOracleError ? cause : unfit(table, String(cause), cause)
      })
    batch = []
    characters = 0
  }
  for await (const row of rows) {
    batch.push(row)
    characters += row.length
    if (characters >= BATCH_CHARACTERS || batch.length >= FETCH_ROWS) await insert()
  }
  await insert()
}

/** A column that counts by itself goes on behind what was restored. */
async function countOn(trx: Trx, table: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_identity = 'YES'`.execute(trx)
  for (const { name } of rows)
    await sql`select setval(pg_get_serial_sequence(${table}, ${name}), max(${sql.ref(name)}))
      from ${sql.table(table)} having max(${sql.ref(name)}) is not null`.execute(trx)
}

async function expectEmpty(trx: Trx, table: string): Promise<void> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(trx)
  if (rows.length === 0) return
  const [got, expected] = [`rows in "${table}"`, 'an empty store']
  throw new AttributionOracleError(
    'WRONG_STATE',
    { what: 'Only an empty store can be filled', got, expected, fix: 'name another folder or database' },
    { epoch: 0, got, expected },
  )
}

function unfit(table: string, got: string, cause?: unknown): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `Rows for "${table}" do not fit into this store`, got },
    { format: `rows of ${table}`, issues: [got] },
    { cause },
  )
}
