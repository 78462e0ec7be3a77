import { PGlite } from '@electric-sql/pglite'
import { expect } from 'chai'
import { Kysely, Migrator, sql } from 'kysely'
import type { Outbox } from '../../src/domain'
import { isFault } from '../../src/errors'
import { memoryOutbox } from '../../src/store'
import { MIGRATIONS } from '../../src/store/migrations'
import { openOutbox } from '../../src/store/outbox'
import { PgliteDialect } from '../../src/store/pgliteDialect'
import type { Schema } from '../../src/store/schema'
import { attempt, mined, SENDER, transaction } from './transactions'

const SUPERSEDED = { state: 'superseded', final: true, receipt: undefined } as const
const PENDING = { state: 'pending', final: false, receipt: undefined } as const

const isWrongState = async (run: Promise<unknown>): Promise<boolean> =>
  run.then(
    () => false,
    (error: unknown) => isFault(error, 'WRONG_STATE'),
  )

async function database(upTo?: string): Promise<Kysely<Schema>> {
  const db = new Kysely<Schema>({ dialect: new PgliteDialect(new PGlite('memory://')) })
  await migrate(db, upTo)
  return db
}

async function migrate(db: Kysely<Schema>, upTo?: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
  const { error } = upTo ? await migrator.migrateTo(upTo) : await migrator.migrateToLatest()
  if (error) throw error as Error
}

function behavesLikeAnOutbox(open: () => Promise<Outbox>): void {
  let outbox: Outbox
  beforeEach(async () => {
    outbox = await open()
  })

  it('gives a first try back as it was kept', async () => {
    expect(await outbox.record(transaction(1, 'post'))).to.equal(true)
    expect(await outbox.find(1, 'post')).to.deep.equal({
      ...{ epoch: 1, action: 'post', sender: SENDER, nonce: 3, ...PENDING },
      hash: '0x01',
      tries: [attempt(1)],
    })
  })

  it('takes one transaction per key, and one key per nonce of a sender', async () => {
    await outbox.record(transaction(1, 'post'))
    expect(await isWrongState(outbox.record(transaction(1, 'post', 4)))).to.equal(true)
    expect(await outbox.record(transaction(1, 'finalize', 3))).to.equal(false)
    expect(await outbox.record(transaction(1, 'finalize', 3, `0x${'11'.repeat(20)}`))).to.equal(true)
  })

  it('keeps tries in their order, each attempt once, while the transaction is pending', async () => {
    await outbox.record(transaction(1, 'post'))
    expect(await outbox.retry(1, 'post', attempt(2))).to.equal(true)
    expect(await outbox.retry(1, 'post', attempt(2, 'cancellation'))).to.equal(false)
    expect(await outbox.retry(1, 'post', attempt(3, 'cancellation'))).to.equal(true)
    const entry = await outbox.find(1, 'post')
    expect(entry?.tries).to.deep.equal([attempt(1), attempt(2), attempt(3, 'cancellation')])
    expect(entry?.hash).to.equal('0x03')
    await outbox.resolve(1, 'post', mined(false, '0x02'))
    expect(await outbox.retry(1, 'post', attempt(4))).to.equal(false)
  })

  it('writes down what was mined, takes it back after a reorganisation, and keeps what is final', async () => {
    await outbox.record(transaction(1, 'post'))
    await outbox.retry(1, 'post', attempt(2))
    await outbox.resolve(1, 'post', mined(false))
    expect(await outbox.find(1, 'post')).to.deep.include({ ...mined(false), hash: '0x01' })
    await outbox.resolve(1, 'post', PENDING)
    expect(await outbox.find(1, 'post')).to.deep.include({ ...PENDING, hash: '0x02' })
    await outbox.resolve(1, 'post', mined(true))
    await outbox.resolve(1, 'post', PENDING)
    expect(await outbox.find(1, 'post')).to.deep.include(mined(true))
  })

  it('never puts a pending transaction away', async () => {
    await outbox.record(transaction(1, 'post'))
    expect(await isWrongState(outbox.archive(1, 'post'))).to.equal(true)
    expect((await outbox.find(1, 'post'))?.state).to.equal('pending')
  })

  it('makes room for another transaction when the first is over, and forgets neither', async () => {
    await outbox.record(transaction(1, 'post'))
    await outbox.resolve(1, 'post', mined(true))
    await outbox.archive(1, 'post')
    expect(await outbox.find(1, 'post')).to.equal(undefined)
    // the nonce of a mined transaction is never given away again
    expect(await outbox.record(transaction(1, 'post', 3))).to.equal(false)
    expect(await outbox.record(transaction(1, 'post', 4))).to.equal(true)
    expect((await outbox.ofEpoch(1)).map(({ nonce, state }) => [nonce, state])).to.deep.equal([
      [3, 'mined'],
      [4, 'pending'],
    ])
  })

  it('gives the nonce of a superseded transaction back', async () => {
    await outbox.record(transaction(1, 'post'))
    await outbox.resolve(1, 'post', SUPERSEDED)
    expect(await outbox.record(transaction(2, 'post', 3))).to.equal(true)
  })

  it('lists what is not final in the order of nonces', async () => {
    await outbox.record(transaction(1, 'post', 5))
    await outbox.record(transaction(1, 'finalize', 4))
    await outbox.record(transaction(2, 'post', 3))
    await outbox.resolve(1, 'finalize', mined(false))
    await outbox.resolve(2, 'post', mined(true))
    expect((await outbox.unfinished()).map(({ nonce }) => nonce)).to.deep.equal([4, 5])
  })
}

describe('the outbox in memory', () => behavesLikeAnOutbox(async () => memoryOutbox()))

describe('the outbox in a database', () => {
  let db: Kysely<Schema>
  before(async () => {
    db = await database()
  })
  after(() => db?.destroy())

  behavesLikeAnOutbox(async () => {
    await sql`truncate outbox, outbox_tries`.execute(db)
    return openOutbox(db)
  })

  it('lets one of two racing tries win', async () => {
    const outbox = openOutbox(db)
    await outbox.record(transaction(1, 'post'))
    const race = [attempt(2), attempt(2, 'cancellation')].map(next => outbox.retry(1, 'post', next))
    expect((await Promise.all(race)).sort()).to.deep.equal([false, true])
  })

  it('refuses to lose sight of a pending transaction, whoever asks', async () => {
    await openOutbox(db).record(transaction(1, 'post'))
    const hidden = await sql`update outbox set archived = true`.execute(db).catch((error: Error) => error)
    expect(String(hidden)).to.contain('outbox_archived_is_over')
  })
})

describe('the outbox of before', () => {
  it('keeps every transaction as a pending one with one try', async () => {
    const db = await database('001-epochs')
    await sql`insert into outbox (epoch, action, nonce, hash, raw) values
      (2, 'post', 7, '0xb', '0xbb'), (1, 'finalize', 6, '0xa', '0xaa')`.execute(db)
    await migrate(db)
    const outbox = openOutbox(db)
    const entries = await outbox.unfinished()
    expect(entries.map(({ epoch, action, nonce, hash }) => [epoch, action, nonce, hash])).to.deep.equal([
      [1, 'finalize', 6, '0xa'],
      [2, 'post', 7, '0xb'],
    ])
    const [entry] = entries
    expect(entry).to.deep.include({ ...PENDING, sender: undefined })
    expect(entry?.tries[0]).to.deep.include({ raw: '0xaa', maxFeePerGas: undefined, subject: '' })
    expect(await outbox.retry(1, 'finalize', attempt(2))).to.equal(true)
    await db.destroy()
  })
})
