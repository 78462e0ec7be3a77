import { expect } from 'chai'
import { once } from 'node:events'
import type { ServiceEvent } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { connectNats, hostOf } from '../../src/work/connection'
import { natsInstalled, type NatsServer, startNatsServer } from '../scene/natsServer'

describe('the connection to NATS', () => {
  let nats: NatsServer
  let events: ServiceEvent[]
  const observe = (event: ServiceEvent): void => void events.push(event)

  before(async function () {
    if (!natsInstalled()) this.skip()
    nats = await startNatsServer({ user: 'oracle', password: 'p@ss word/1' })
  })
  after(() => nats?.stop())
  beforeEach(() => (events = []))

  it('logs in with what the URL holds, and tells nobody', async () => {
    const { signal } = new AbortController()
    const connection = await connectNats({ natsUrl: nats.url, name: 'test', observe, signal })
    await connection.flush()
    await connection.close()
    expect(events).to.deep.equal([{ kind: 'queue', queue: new URL(nats.url).host, up: true }])
  })

  it('tries again for as long as it is let, and says why, without the password', async () => {
    const url = nats.url.replace(/oracle:[^@]*/, 'oracle:wrong-secret')
    const controller = new AbortController()
    const failure = connectNats({
      natsUrl: url,
      name: 'test',
      observe: event => {
        observe(event)
        controller.abort()
      },
      signal: controller.signal,
    })
    const aborted = once(controller.signal, 'abort')
    const error = await failure.catch((reason: unknown) => reason)
    await aborted
    expect(error).to.be.instanceOf(AttributionOracleError).with.property('code', 'ABORTED')
    expect(events).to.have.length(1)
    expect(events[0]).to.include({ kind: 'queue', up: false })
    expect(JSON.stringify(events)).to.not.contain('wrong-secret')
  })

  it('refuses a URL that is none, without showing it', () => {
    for (const url of ['', 'localhost', 'http://localhost:4222', 'nats://', 'secret@host'])
      expect(() => hostOf({ natsUrl: url }))
        .to.throw(AttributionOracleError)
        .that.satisfies(
          (error: AttributionOracleError) =>
            error.code === 'INVALID_ARGUMENT' && !error.message.includes('secret'),
        )
    for (const url of ['nats://host', 'tls://host:1', 'nats://token@host', 'nats://user:secret@host:4222'])
      hostOf({ natsUrl: url })
  })
})
