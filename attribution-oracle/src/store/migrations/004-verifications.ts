import { sql, type Kysely } from 'kysely'

const ORDER = `array['open', 'closed', 'scored', 'settled', 'submitted', 'final']`
const STATE = `(select state from epochs where epochs.epoch = coalesce(new.epoch, old.epoch))`

/**
 * What recomputing others' posts found; and what holds for every program that ever writes here: an epoch moves one state
 * at a time, back only from submitted to scored, and what it left behind is never changed, nor written late, nor taken
 * away but by that step back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('verifications')
    .addColumn('epoch', 'integer', column => column.notNull())
    .addColumn('post', 'text', column => column.notNull())
    .addColumn('agrees', 'boolean', column => column.notNull())
    .addColumn('difference', 'text')
    .addColumn('at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('verifications_key', ['epoch', 'post'])
    .execute()
  await guard(db, 'epochs', ['update', 'delete'], EPOCH_MOVES)
  await guard(db, 'results', ['insert', 'update', 'delete'], keeps(`split_part(new.name, '/', 1)`))
  await guard(db, 'earnings', ['insert', 'update', 'delete'], keeps(`'settled'`))
}

const EPOCH_MOVES = `
  if tg_op = 'UPDATE' and old.epoch = new.epoch and (
    array_position(${ORDER}, new.state) = array_position(${ORDER}, old.state) + 1
    or (old.state = 'submitted' and new.state = 'scored')
  ) then return new; end if;
  raise exception 'epoch % is % and cannot become %', old.epoch, old.state, coalesce(new.state, 'nothing');`

/** @param belongsTo SQL of the state that the row is a result of: it is written before the epoch gets there */
const keeps = (belongsTo: string): string => `
  if tg_op = 'INSERT' and array_position(${ORDER}, ${STATE}) < array_position(${ORDER}, ${belongsTo})
    then return new; end if;
  if tg_op = 'DELETE' and ${STATE} = 'scored' then return old; end if;
  raise exception '% of epoch %, which is %, cannot be changed by %',
    tg_table_name, coalesce(new.epoch, old.epoch), ${STATE}, lower(tg_op);`

async function guard(db: Kysely<unknown>, table: string, on: readonly string[], body: string): Promise<void> {
  const name = `${table}_guard`
  await sql
    .raw(`create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$`)
    .execute(db)
  await sql
    .raw(
      `create trigger ${name} before ${on.join(' or ')} on ${table} for each row execute function ${name}()`,
    )
    .execute(db)
}
