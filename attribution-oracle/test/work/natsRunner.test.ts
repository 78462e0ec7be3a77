import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect } from 'chai'
import { type ServiceEvent, type Shard, type ShardRunner, sha256 } from '../../src/domain'
import { openLocalShards, scoreEpoch, toWeights } from '../../src/scoring'
import { type NatsRunnerOptions, openNatsRunner, openQuarantine, openSuspects } from '../../src/work'
import { writeTask } from '../../src/work/messages'
import { consumerOf, DELIVERY, ensureQueue, SHARD_STREAM, shardSubject } from '../../src/work/queue'
import { natsInstalled, type NatsServer, startNatsServer } from '../scene/natsServer'
import { workEpoch } from './workEpoch'
import { ENGINE, type Manner, startWorker, storesIn, type WorkerProcess } from './workers'

const LONG_MS = 120_000

describe('scoring by workers behind NATS', function () {
  this.timeout(120_000)
  const input = workEpoch()
  let nats: NatsServer
  let content: string
  let expected: Awaited<ReturnType<typeof outcomeOf>>
  let windows: number
  let processes: WorkerProcess[]
  let runner: (ShardRunner & { close(): Promise<void> }) | undefined
  let events: ServiceEvent[]

  before(async function () {
    if (!natsInstalled()) this.skip()
    const totals = new Map<string, number>()
    expected = await outcomeOf(undefined, ({ total, stage }) => totals.set(stage, total))
    windows = [...totals.values()].reduce((sum, total) => sum + total, 0)
  })

  beforeEach(async () => {
    nats = await startNatsServer()
    content = await mkdtemp(path.join(tmpdir(), 'work-content-'))
    processes = []
    events = []
  })

  afterEach(async () => {
    await runner?.close()
    runner = undefined
    await Promise.all(processes.map(each => each.kill()))
    await nats?.stop()
    if (content) await rm(content, { recursive: true, force: true })
  })

  async function outcomeOf(shards?: ShardRunner, onProgress?: (typeof input)['onProgress']) {
    const { value, usage, receipt } = await scoreEpoch({
      ...input,
      ...(shards && { shards }),
      ...(onProgress && { onProgress }),
    })
    return { value: toWeights(value), usage: toWeights(usage.get(1)!), codes: receipt.codes }
  }

  function work(name: string, manner: Manner = 'honest', pauseMs = 0): WorkerProcess {
    const worker = startWorker({ natsUrl: nats.url, content }, name, manner, pauseMs)
    processes.push(worker)
    return worker
  }

  /**
   * Whether so many workers wait for shards: the queue then hands one to each of them before it hands a second one to any.
   * A worker takes two at a time.
   */
  async function listening(count: number): Promise<void> {
    const connection = await connect({ servers: new URL(nats.url).host })
    try {
      const { consumers } = await jetstreamManager(connection, { checkAPI: false })
      const waiting = async (): Promise<number> => {
        const found = await consumers.info(SHARD_STREAM, consumerOf(ENGINE)).catch(() => undefined)
        return found?.num_waiting ?? 0
      }
      while ((await waiting()) < 2 * count) await sleep(10)
    } finally {
      await connection.close()
    }
  }

  async function aggregate(options: Partial<NatsRunnerOptions> = {}): Promise<ShardRunner> {
    runner = await openNatsRunner({
      natsUrl: nats.url,
      ...storesIn(content),
      engine: ENGINE,
      local: openLocalShards({ workers: 1 }),
      patienceMs: LONG_MS,
      delivery: { ackWaitMs: 1_500 },
      observe: event => events.push(event),
      ...options,
    })
    return runner
  }

  const results = (): Extract<ServiceEvent, { kind: 'shard' }>[] =>
    events.flatMap(event => (event.kind === 'shard' ? [event] : []))
  const taken = () => results().filter(({ result }) => result === 'done' || result === 'checked')
  const by = (worker: string) => taken().filter(each => each.worker === worker)
  const quarantined = (): string[] =>
    events.flatMap(event => (event.kind === 'worker' && event.state === 'quarantined' ? [event.worker] : []))

  function expectEachOnce(): void {
    expect(taken().reduce((sum, { items }) => sum + items, 0)).to.equal(windows)
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    for (const end = Date.now() + 40_000; !condition(); await sleep(20))
      if (Date.now() > end) throw new Error(`${what} did not come: ${JSON.stringify(events.slice(-5))}`)
  }

  describe('given no worker', () => {
    it('computes all by itself, and what it gives is the same', async () => {
      expect(await outcomeOf(await aggregate({ patienceMs: 200 }))).to.deep.equal(expected)
      expect(by('local')).to.have.length(taken().length)
    })

    it('does so without a server too', async () => {
      await nats.kill()
      expect(await outcomeOf(await aggregate({ patienceMs: 200 }))).to.deep.equal(expected)
    })
  })

  for (const count of [1, 3])
    describe(`given ${count} of them`, () => {
      it('gives the same integer weights and codes, every shard counted once', async () => {
        for (let i = 0; i < count; i++) work(`worker-${i}`, 'honest', 30)
        await listening(count)
        const scored = await outcomeOf(await aggregate())
        expect(scored).to.deep.equal(expected)
        expect(by('local')).to.have.length(0)
        expectEachOnce()
        const joined = events.filter(event => event.kind === 'worker' && event.state === 'joined')
        expect(joined).to.have.length(count)
        // the first of every worker is always computed again
        expect(results().filter(({ result }) => result === 'checked').length).to.be.at.least(count)
      })
    })

  describe('given shards that come twice', () => {
    it('takes one result of each', async () => {
      const connection = await connect({ servers: new URL(nats.url).host })
      try {
        const seen = new Set<string>()
        connection.subscribe('oracle.shards.*.*', {
          callback(_, { subject, data }) {
            const text = Buffer.from(data).toString()
            if (!seen.has(text)) connection.publish(subject, data)
            seen.add(text)
          },
        })
        await connection.flush()
        for (const name of ['first', 'second']) work(name)
        expect(await outcomeOf(await aggregate())).to.deep.equal(expected)
        expectEachOnce()
        expect(seen.size).to.equal(taken().length)
      } finally {
        await connection.close()
      }
    })
  })

  describe('given a worker that is killed in the middle', () => {
    it('loses nothing and counts nothing twice', async () => {
      const victim = work('victim', 'stuck')
      const scoring = outcomeOf(await aggregate())
      await until(() => by('victim').length >= 3, 'the first results')
      await victim.kill()
      work('heir')
      expect(await scoring).to.deep.equal(expected)
      expect([by('victim').length, by('heir').length > 0]).to.deep.equal([3, true])
      expect(by('local')).to.have.length(0)
      expectEachOnce()
    })
  })

  describe('given a server that is killed in the middle', () => {
    it('goes on where it was once the server is back', async () => {
      work('first', 'honest', 100)
      work('second', 'honest', 100)
      const scoring = outcomeOf(await aggregate())
      await until(() => taken().length >= 4, 'the first results')
      await nats.kill()
      await sleep(500)
      await nats.start()
      expect(await scoring).to.deep.equal(expected)
      expect(by('local')).to.have.length(0)
      expectEachOnce()
    })
  })

  describe('given one among three that flips codes', () => {
    it('quarantines it, tells it, and gives the same as without it', async () => {
      const liar = work('liar', 'flips')
      for (const name of ['honest-1', 'honest-2']) work(name, 'honest', 30)
      await listening(3)
      expect(await outcomeOf(await aggregate())).to.deep.equal(expected)
      expect(quarantined()).to.deep.equal(['liar'])
      expect(await liar.exit).to.equal(1)
      expect(liar.complaint()).to.contain('WORKER_REFUSED')
    })
  })

  describe('given liars of every other manner, and an honest one', () => {
    it('quarantines all of them, and gives the same as without them', async () => {
      const manners = ['another', 'malformed', 'oversize', 'refuses', 'babbles'] as const
      const liars = manners.map(manner => work(manner, manner))
      work('honest', 'honest', 100)
      // who babbles hears of shards and takes none
      await Promise.all([listening(liars.length), ...liars.map(({ ready }) => ready)])
      await aggregate({ patienceMs: 3_000, rescoreShare: 0.2 })
      expect(await outcomeOf(runner)).to.deep.equal(expected)
      expect(quarantined()).to.have.members([...manners])
      expect(by('honest').length).to.be.above(0)
    })
  })

  describe('given one that begins to lie after honest results that were used', () => {
    it('withdraws those too, and asks for them again', async () => {
      work('turncoat', 'later')
      // nothing but the first of each is looked at, until half an epoch is done
      let drawn = 0
      await aggregate({ draw: () => (++drawn > 6 ? 0 : 1), rescoreShare: 0.5 })
      const scoring = outcomeOf(runner)
      await until(() => by('turncoat').length >= 3, 'its honest results')
      work('honest', 'honest')
      expect(await scoring).to.deep.equal(expected)
      expect(quarantined()).to.deep.equal(['turncoat'])
    })
  })

  describe('given a worker that was quarantined before', () => {
    it('takes nothing from it', async () => {
      const file = path.join(content, 'quarantine.jsonl')
      await (await openQuarantine(file)).add('known', 'flipped codes last week')
      work('known')
      await aggregate({ quarantine: await openQuarantine(file), patienceMs: 2_000 })
      expect(await outcomeOf(runner)).to.deep.equal(expected)
      expect(by('known')).to.have.length(0)
    })
  })

  describe('given a worker that is stopped', () => {
    it('ends by itself and gives back what it had', async () => {
      const first = work('first', 'honest', 50)
      const scoring = outcomeOf(await aggregate())
      await until(() => by('first').length >= 2, 'the first results')
      await first.stop()
      expect(await first.exit).to.equal(0)
      work('second')
      expect(await scoring).to.deep.equal(expected)
    })
  })

  describe('given a shard that takes longer than a worker may be silent', () => {
    it('is handed out once: the worker is heard all the time', async () => {
      work('slow', 'slow', 4_000)
      const shards = await aggregate({ delivery: { ackWaitMs: 3_000 } })
      const scoring = outcomeOf(shards)
      await until(() => by('slow').length > 0, 'the first result')
      const connection = await connect({ servers: new URL(nats.url).host })
      try {
        expect(await scoring).to.deep.equal(expected)
        const jsm = await jetstreamManager(connection, { checkAPI: false })
        const { delivered } = await jsm.consumers.info(SHARD_STREAM, consumerOf(ENGINE))
        expect(delivered.consumer_seq).to.equal(taken().length)
        expectEachOnce()
      } finally {
        await connection.close()
      }
    })
  })

  describe('given a shard that ends every worker', () => {
    const delivery = { ackWaitMs: 1_500, maxDeliver: 2 }
    const lost = (): string[] =>
      events.flatMap(event =>
        event.kind === 'failed' && event.code === 'SHARD_LOST'
          ? [/0x[0-9a-f]{64}/.exec(event.message)![0]]
          : [],
      )

    it('computes it here once the queue gave it up, and names it', async () => {
      let over = false
      const replaced = async (generation: number): Promise<void> => {
        const worker = work(`mortal-${generation}`, 'dies')
        await worker.exit
        if (!over) await replaced(generation + 1)
      }
      const replacing = replaced(0)
      const file = path.join(content, 'suspects.jsonl')
      try {
        await aggregate({ delivery, suspects: await openSuspects(file) })
        expect(await outcomeOf(runner)).to.deep.equal(expected)
      } finally {
        over = true
        await Promise.all(processes.map(each => each.kill()))
        await replacing
      }
      // one of each graph, and what died beside them in the same processes
      expect(lost().length).to.be.within(2, 6)
      expect(by('local')).to.have.length(lost().length)
      expect(await readFile(file, 'utf8')).to.equal('')
      expectEachOnce()
    })

    it('tries none again that ended this process, and says which, of what', async () => {
      const file = path.join(content, 'suspects.jsonl')
      const seen: Shard[] = []
      const local = openLocalShards({ workers: 1 })
      const keeping = {
        ahead: 1,
        run: (...[shards, options]: Parameters<ShardRunner['run']>) => {
          seen.push(...shards)
          return local.run(shards, options)
        },
      }
      await outcomeOf(keeping)
      await local.close()
      const { digest: shard, document } = seen.find(each => each.document.asked.kind === 'curvature')!
      await writeFile(
        file,
        `${JSON.stringify({ shard, graph: document.graph, at: '2026-01-01T00:00:00.000Z' })}\n`,
      )
      await aggregate({ patienceMs: 200, suspects: await openSuspects(file) })
      const error = await outcomeOf(runner).catch((reason: unknown) => reason)
      expect(error).to.have.property('code', 'SHARD_POISONED')
      for (const part of [shard, document.graph, 'curvature', file])
        expect((error as Error).message).to.contain(part)
    })
  })

  describe('given workers of another version', () => {
    const complaintsOf = (told: readonly ServiceEvent[]): string[] =>
      told.flatMap(event =>
        event.kind === 'failed' && event.code === 'VERSION_MISMATCH' ? [event.message] : [],
      )

    it('hands them nothing, and both sides say why', async () => {
      const older = startWorker({ natsUrl: nats.url, content, engine: 'older' }, 'older')
      processes.push(older)
      await older.ready
      const shards = await aggregate({ patienceMs: 7_000 })
      expect(await outcomeOf(shards)).to.deep.equal(expected)
      expect(by('local')).to.have.length(taken().length)
      expect(complaintsOf(events).join()).to.contain('workers-older').and.to.contain(ENGINE)
      expect(complaintsOf(older.events)).to.have.length(1)
      expect(complaintsOf(older.events)[0]).to.contain(ENGINE).and.to.contain('older')
    })
  })

  describe('given users with the rights that docs/workers.md names', () => {
    it('works, and lets a worker answer under its own name only', async () => {
      const text = await readFile(path.join(__dirname, '../../../docs/workers.md'), 'utf8')
      const [rights] = /^authorization \{[^]*?^\}/m.exec(text)!
      const file = path.join(content, 'nats.conf')
      await writeFile(file, rights.replace('$OPERATOR', '"first"').replace('$WORKER1', '"second"'))
      await nats.stop()
      nats = await startNatsServer(undefined, ['-c', file])
      const as = (user: string): string => nats.url.replace('nats://', `nats://${user}@`)
      await aggregate({ natsUrl: as('operator:first') })
      const scoring = outcomeOf(runner)
      const [other] = ['other', 'worker1'].map(name => {
        const started = startWorker({ natsUrl: as('worker1:second'), content }, name)
        processes.push(started)
        return started
      })
      expect(await other!.exit).to.equal(1)
      expect(other!.complaint()).to.contain('take part as worker other')
      expect(await scoring).to.deep.equal(expected)
      expect(new Set(taken().map(({ worker }) => worker))).to.deep.equal(new Set(['worker1']))
    })
  })

  describe('given shards that a killed run of the same operator left behind', () => {
    it('takes its own out of the queue, and nobody else’s', async () => {
      const connection = await connect({ servers: new URL(nats.url).host })
      try {
        const jsm = await jetstreamManager(connection, { checkAPI: false })
        await ensureQueue(jsm, { ...DELIVERY, engine: ENGINE })
        for (const operator of ['back', 'back', 'other'])
          await jsm
            .jetstream()
            .publish(shardSubject(ENGINE, operator), writeTask(sha256(Buffer.from(operator))))
        await aggregate({ name: 'back', patienceMs: 200 })
        expect(await outcomeOf(runner)).to.deep.equal(expected)
        await runner?.close()
        const { subjects } = (await jsm.streams.info(SHARD_STREAM, { subjects_filter: '>' })).state
        expect(subjects).to.deep.equal({ [shardSubject(ENGINE, 'other')]: 1 })
      } finally {
        await connection.close()
      }
    })
  })

  describe('given a signal that is aborted', () => {
    it('stops, and leaves nothing in the queue', async () => {
      const shards = await aggregate()
      const controller = new AbortController()
      const scoring = scoreEpoch({ ...input, shards, signal: controller.signal }).then(
        () => undefined,
        (error: unknown) => error,
      )
      const connection = await connect({ servers: new URL(nats.url).host })
      try {
        const { streams } = await jetstreamManager(connection, { checkAPI: false })
        const waiting = async (some: boolean): Promise<void> => {
          for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
            const info = await streams.info(SHARD_STREAM).catch(() => undefined)
            if (info && info.state.messages > 0 === some) return
          }
          throw new Error(`the queue does not come to hold ${some ? 'shards' : 'nothing'}`)
        }
        await waiting(true)
        controller.abort()
        await waiting(false)
      } finally {
        await connection.close()
      }
      expect(await scoring).to.have.property('code', 'ABORTED')
    })
  })
})
