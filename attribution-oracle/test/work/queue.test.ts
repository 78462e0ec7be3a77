import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node'
import { expect } from 'chai'
import {
  ANSWER_STREAM,
  consumerOf,
  DELIVERY,
  ensureQueue,
  keepQueue,
  SHARD_STREAM,
  shardSubject,
} from '../../src/work/queue'
import { natsInstalled, type NatsServer, startNatsServer } from '../scene/natsServer'

const DAY_MS = 24 * 3600_000

describe('the queue', () => {
  let nats: NatsServer
  let connection: NatsConnection
  let jsm: JetStreamManager

  before(function () {
    if (!natsInstalled()) this.skip()
  })
  beforeEach(async () => {
    nats = await startNatsServer()
    connection = await connect({ servers: new URL(nats.url).host })
    jsm = await jetstreamManager(connection, { checkAPI: false })
  })
  afterEach(async () => {
    await connection?.close()
    await nats?.stop()
  })

  it('is bounded in age and size; full, it refuses shards and forgets old answers', async () => {
    await ensureQueue(jsm, { ...DELIVERY, engine: 'e' })
    const { config: shards } = await jsm.streams.info(SHARD_STREAM)
    const { config: answers } = await jsm.streams.info(ANSWER_STREAM)
    expect([shards.max_age, answers.max_age]).to.deep.equal([nanos(7 * DAY_MS), nanos(DAY_MS)])
    for (const { max_bytes, max_msg_size, storage } of [shards, answers]) {
      expect(max_bytes).to.be.within(1, 2 ** 30)
      expect([max_msg_size, storage]).to.deep.equal([8192, 'file'])
    }
    expect([shards.discard, shards.retention]).to.deep.equal(['new', 'workqueue'])
    expect([answers.discard, answers.retention]).to.deep.equal(['old', 'limits'])
    const { config } = await jsm.consumers.info(SHARD_STREAM, consumerOf('e'))
    expect([config.ack_wait, config.max_deliver]).to.deep.equal([nanos(30_000), 5])
  })

  it('is set right by an operator, and left as it is by a worker', async () => {
    const old = { name: SHARD_STREAM, subjects: [shardSubject('*', '*')], retention: 'workqueue' as const }
    await jsm.streams.add({ ...old, max_age: nanos(DAY_MS / 2) })
    await ensureQueue(jsm, { ackWaitMs: 4_000, maxDeliver: 2, engine: 'e' })
    expect((await jsm.streams.info(SHARD_STREAM)).config.max_age).to.equal(nanos(DAY_MS / 2))
    await keepQueue(jsm, { ...DELIVERY, engine: 'e' })
    expect((await jsm.streams.info(SHARD_STREAM)).config).to.include({
      max_age: nanos(7 * DAY_MS),
      discard: 'new',
    })
    const { config } = await jsm.consumers.info(SHARD_STREAM, consumerOf('e'))
    expect([config.ack_wait, config.max_deliver]).to.deep.equal([nanos(30_000), 5])
  })

  it('takes a shard once that is sent twice under one id', async () => {
    await ensureQueue(jsm, { ...DELIVERY, engine: 'e' })
    for (const msgID of ['a', 'a', 'b'])
      await jsm.jetstream().publish(shardSubject('e', 'me'), 'x', { msgID })
    expect((await jsm.streams.info(SHARD_STREAM)).state.messages).to.equal(2)
  })
})
