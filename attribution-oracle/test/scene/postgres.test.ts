import { expect } from 'chai'
import { Client } from 'pg'
import { postgresOrSkip, type Postgres } from './postgres'

async function ask(url: string, query: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(query)).rows
  } finally {
    await client.end()
  }
}

describe('a PostgreSQL of its own', () => {
  let postgres: Postgres
  before(async function () {
    postgres = await postgresOrSkip(this)
  })
  after(() => postgres?.stop())

  it('keeps what was committed when it is killed, and serves it at the same address', async () => {
    await ask(postgres.url, 'create table kept as select 7 as n')
    await postgres.kill()
    const refusal = await ask(postgres.url, 'select 1').catch((error: NodeJS.ErrnoException) => error.code)
    expect(refusal).to.equal('ECONNREFUSED')
    await postgres.start()
    expect(await ask(postgres.url, 'select n from kept')).to.deep.equal([{ n: 7 }])
  })

  it('gives databases that know nothing of each other', async () => {
    const tables = "select count(*)::int as n from pg_tables where schemaname = 'public'"
    expect(await ask(await postgres.database(), tables)).to.deep.equal([{ n: 0 }])
  })
})
