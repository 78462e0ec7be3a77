import { sql, type Kysely, type Transaction } from 'kysely'
import type { BlockRef, Digest, LogRecord, LogStore } from '../domain'
import { AttributionOracleError } from '../errors'
import type { Schema } from './schema'

/** Logs in one statement, and in one page of what is read. */
const PAGE = 5_000
/** Hexadecimal digits of a topic. */
const TOPIC = 64

/** The events of finalized blocks on the store's own database. */
export function openLogStore(db: Kysely<Schema>): LogStore {
  return {
    async bind(subject) {
      await db
        .insertInto('log_cursor')
        .values({ place: 1, subject, block_number: null, block_hash: null })
        .onConflict(conflict => conflict.doNothing())
        .execute()
      const { subject: stored } = await db
        .selectFrom('log_cursor')
        .select('subject')
        .executeTakeFirstOrThrow()
      if (stored !== subject)
        throw mismatch(
          'subject',
          stored,
          subject,
          'correct chainId and the contracts, or name another database: one store is for one chain',
        )
    },

    async subject() {
      const row = await db.selectFrom('log_cursor').select('subject').executeTakeFirst()
      return row?.subject as Digest | undefined
    },

    async cursor() {
      return cursorOf(await db.selectFrom('log_cursor').selectAll().executeTakeFirst())
    },

    append: (after, logs, upTo) =>
      db.transaction().execute(async trx => {
        await move(trx, after, upTo)
        for (let at = 0; at < logs.length; at += PAGE) await insert(trx, logs.slice(at, at + PAGE))
      }),

    async *read(from, to) {
      let [block, index] = [from, -1]
      for (;;) {
        const { rows } = await page(block, index, to).execute(db)
        const records = rows[0]?.page?.split(';').map(recordOf) ?? []
        if (records.length > 0) yield records
        const last = records.at(-1)
        if (records.length < PAGE || !last) return
        ;[block, index] = [last.blockNumber, last.logIndex]
      }
    },
  }
}

async function move(trx: Transaction<Schema>, after: BlockRef | undefined, upTo: BlockRef): Promise<void> {
  const row = await trx.selectFrom('log_cursor').selectAll().forUpdate().executeTakeFirst()
  const cursor = cursorOf(row)
  if (!row || cursor?.number !== after?.number || cursor?.hash !== after?.hash)
    throw mismatch('cursor', shown(cursor), shown(after), 'read on from where the other process is')
  await trx
    .updateTable('log_cursor')
    .set({ block_number: upTo.number, block_hash: upTo.hash })
    .where('place', '=', 1)
    .execute()
}

// one JSON parameter, because every driver passes it and none runs into its limit of parameters
async function insert(trx: Transaction<Schema>, logs: readonly LogRecord[]): Promise<void> {
  const rows = logs.map(({ blockNumber, logIndex, address, topics, data, blockHash, transactionHash }) => [
    ...[blockNumber, logIndex, address.slice(2), topics.map(topic => topic.slice(2)).join('')],
    ...[data.slice(2), blockHash.slice(2), transactionHash.slice(2)],
  ])
  await sql`
    insert into logs (block_number, log_index, address, topics, data, block_hash, transaction_hash)
    select (log->>0)::integer, (log->>1)::integer, decode(log->>2, 'hex'), decode(log->>3, 'hex'),
      decode(log->>4, 'hex'), decode(log->>5, 'hex'), decode(log->>6, 'hex')
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as log`.execute(trx)
}

// one text for the page: drivers take four times as long to make an object of every row
function page(block: number, index: number, to: number) {
  return sql<{ page: string | null }>`
    select string_agg(concat_ws(',', block_number, log_index, encode(address, 'hex'), encode(topics, 'hex'),
      encode(data, 'hex'), encode(block_hash, 'hex'), encode(transaction_hash, 'hex')), ';'
      order by block_number, log_index) as page
    from (
      select * from logs
      where (block_number, log_index) > (${block}::integer, ${index}::integer) and block_number <= ${to}::integer
      order by block_number, log_index
      limit ${PAGE}
    ) as logs`
}

function recordOf(text: string): LogRecord {
  const [block, index, address, topics, data, blockHash, transactionHash] = text.split(',')
  return {
    blockNumber: Number(block),
    logIndex: Number(index),
    address: `0x${address}`,
    topics: Array.from(
      { length: topics!.length / TOPIC },
      (_, i) => `0x${topics!.slice(i * TOPIC, (i + 1) * TOPIC)}`,
    ),
    data: `0x${data}`,
    blockHash: `0x${blockHash}`,
    transactionHash: `0x${transactionHash}`,
  }
}

function cursorOf(
  row: { block_number: number | null; block_hash: string | null } | undefined,
): BlockRef | undefined {
  if (!row || row.block_number === null || row.block_hash === null) return undefined
  return { number: row.block_number, hash: row.block_hash as Digest }
}

function shown(block: BlockRef | undefined): string {
  return block ? `block ${block.number} (${block.hash})` : 'no block'
}

function mismatch(field: string, got: string, expected: string, fix: string): AttributionOracleError {
  return new AttributionOracleError(
    'STORE_MISMATCH',
    { what: `The stored events are not where they were expected (${field})`, got, expected, fix },
    { field, got, expected },
  )
}
