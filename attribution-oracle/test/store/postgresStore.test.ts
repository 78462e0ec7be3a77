import { expect } from 'chai'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { isFault } from '../../src/errors'
import { EXIT, exitCodeOf } from '../../src/exitCode'
import { EpochStore } from '../../src/store'
import { postgresOrSkip, type Postgres } from '../scene/postgres'
import { faultOf } from './databases'
import { holdElsewhere } from './holding'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('EpochStore on a PostgreSQL that others use, too', () => {
  let postgres: Postgres
  let url: string
  const opened: EpochStore[] = []
  const open = async (): Promise<EpochStore> => {
    const store = await EpochStore.open(url)
    opened.push(store)
    return store
  }
  before(async function () {
    postgres = await postgresOrSkip(this)
  })
  beforeEach(async () => void (url = await postgres.database()))
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  after(() => postgres?.stop())

  it('lets many processes start at once on an empty database', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, open))
    await stores[0]!.begin(1)
    expect(await stores[7]!.state(1)).to.equal('open')
  })

  it('says that the server cannot be reached, and goes on when it is back', async () => {
    const store = await open()
    await store.begin(1)
    await postgres.kill()
    const fault = await faultOf(store.advance(1, 'open', 'closed'))
    expect(isFault(fault, 'STORE_UNREACHABLE') && fault.retryable).to.equal(true)
    expect(exitCodeOf(fault)).to.equal(EXIT.unreachable)
    const late = await faultOf(EpochStore.open(url))
    expect(isFault(late, 'STORE_UNREACHABLE') && late.data).to.deep.equal({
      where: new URL(url).host,
      reason: 'ECONNREFUSED',
    })
    await postgres.start()
    await store.ping()
    await store.advance(1, 'open', 'closed')
    expect(await store.state(1)).to.equal('closed')
  })

  it('leaves every step whole when the server is killed under load', async () => {
    const store = await open()
    const epochs = Array.from({ length: 200 }, (_, i) => i)
    await Promise.all(epochs.map(epoch => store.begin(epoch)))
    const results = { inputs: new Uint8Array(20_000).fill(7), more: bytes('m') }
    let done = 0
    const steps = epochs.map(async epoch => {
      await store.advance(epoch, 'open', 'closed', { results })
      if (++done === 60) void postgres.kill()
    })
    const failures = (await Promise.allSettled(steps)).flatMap(step =>
      step.status === 'rejected' ? [step.reason as unknown] : [],
    )
    expect(failures.length).to.be.greaterThan(0)
    for (const failure of failures)
      expect(isFault(failure, 'STORE_UNREACHABLE'), String(failure)).to.equal(true)
    await postgres.kill()
    await postgres.start()
    for (const { epoch, state } of await store.epochs()) {
      const found = await faultOf(store.result(epoch, 'closed', 'more'))
      expect(found === undefined).to.equal(state === 'closed')
      if (state === 'open') await store.advance(epoch, 'open', 'closed', { results })
      expect(await store.result(epoch, 'closed', 'inputs')).to.deep.equal(results.inputs)
    }
  })

  describe('lock', () => {
    it('belongs to one process, and is free when that was killed', async () => {
      const { pid, kill } = await holdElsewhere(url)
      const store = await open()
      expect(await store.lock('poster')).to.equal(undefined)
      const holder = await store.lockHolder('poster')
      expect(holder).to.include({ pid, host: hostname(), address: '127.0.0.1' })
      expect(Date.parse(holder!.since)).to.be.greaterThan(0)
      await kill()
      let lock = await store.lock('poster')
      // the server notices the end of a process a moment after it
      while (!lock) lock = await store.lock('poster')
      await lock.release()
    })

    it('tells its holder when it is lost, and not when it is released', async () => {
      const [one, other] = [await open(), await open()]
      const released = (await one.lock('poster'))!
      await released.release()
      expect(released.lost.aborted).to.equal(false)
      const held = (await one.lock('poster'))!
      const told = once(held.lost, 'abort')
      await postgres.kill()
      await told
      expect(isFault(held.lost.reason, 'STORE_UNREACHABLE')).to.equal(true)
      await postgres.start()
      const next = await other.lock('poster')
      expect(next?.lost.aborted).to.equal(false)
      await held.release()
      expect(await one.lock('poster')).to.equal(undefined)
      await next!.release()
    })
  })

  it('names a database that is not there or an address that is none, without the password', async () => {
    const { host } = new URL(url)
    for (const wrong of [`postgres://oracle:s3cret@${host}/nowhere`, 'postgres://oracle:s3cret@:x/y']) {
      const fault = await faultOf(EpochStore.open(wrong))
      expect(isFault(fault, 'INVALID_CONFIG') && fault.data.faults[0]!.name).to.equal('databaseUrl')
      expect(exitCodeOf(fault)).to.equal(EXIT.caller)
      const { message, stack, data, cause } = fault as Error & { data: unknown }
      expect(message + stack + JSON.stringify(data) + String(cause)).to.not.contain('s3cret')
    }
  })
})
