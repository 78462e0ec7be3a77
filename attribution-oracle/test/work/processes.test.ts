import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type ConsumerInfo, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SHARD_ENGINE } from '../../src/scoring'
import { consumerOf, SHARD_STREAM } from '../../src/work/queue'
import { type Ended, eventsOf, run, type Running, start } from '../cli/process'
import { startBucket } from '../../../content-store/test/scene/bucketServer'
import { HttpServer } from '../../../content-store/test/scene/httpServer'
import { Datanet } from '../scene/datanet'
import { natsInstalled, type NatsServer, startNatsServer } from '../scene/natsServer'
import { sourcesOf } from '../screening/solidity'
import { type Manner, startWorker, type WorkerProcess } from './workers'

const FILES = 16

type Fields = Record<string, unknown>

describe('an operator and its workers as processes', function () {
  this.timeout(120_000)
  let datanet: Datanet
  let cwd: string
  let content: string
  let nats: NatsServer
  let connection: NatsConnection
  let jsm: JetStreamManager
  let running: Running[]
  let others: WorkerProcess[]
  let expected: { post: unknown; files: Map<string, string>; windows: number }

  before(async function () {
    if (!natsInstalled()) this.skip()
    datanet = await Datanet.start()
    content = join(datanet.folder, 'content')
    await epochOn(datanet)
    cwd = await mkdtemp(join(tmpdir(), 'oracle-processes-'))
    const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    await writeFile(join(cwd, 'system.json'), JSON.stringify(datanet.system.record, asText))
    const settings = { rpcUrl: datanet.anvil.url, deployment: 'system.json', contentFolder: content }
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings))
    expected = await settled(await run(settle('alone'), { cwd }), 'alone')
    // with the codes of every window's gradients, which shards give
    expect(expected.files.get('epoch.car')).to.have.length.above(40_000)
  })
  after(async () => {
    await datanet?.stop()
    if (cwd) await rm(cwd, { recursive: true, force: true })
  })

  beforeEach(async () => {
    running = []
    others = []
    nats = await startNatsServer()
    connection = await connect({
      servers: new URL(nats.url).host,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    })
    jsm = await jetstreamManager(connection, { checkAPI: false })
  })
  afterEach(async () => {
    for (const each of running) each.kill('SIGKILL')
    await Promise.all([...running.map(({ ended }) => ended), ...others.map(each => each.kill())])
    await connection?.close()
    await nats?.stop()
  })

  /** `epoch settle` into a store and a folder of its own. */
  const settle = (name: string, ...more: string[]): string[] => [
    ...['epoch', 'settle', '-e', '1', '--json', '--workers', '1'],
    ...['--store-folder', `${name}-store`, '--publish-folder', name, ...more],
  ]
  function begin(args: string[], env: Record<string, string> = {}): Running {
    const own = { ORACLE_NATS_URL: nats.url, ORACLE_LOG_LEVEL: 'debug' }
    const started = start(args, { cwd, env: { ...own, ...env } })
    running.push(started)
    return started
  }
  /** With everything that comes back computed again: whoever lies is found. */
  const operator = (
    name: string,
    patienceMs: number,
    more: string[] = [],
    env: Record<string, string> = {},
  ): Running => {
    const checked = ['--worker-check-share', '1', '--worker-silence-ms', '3000']
    return begin(settle(name, ...checked, '--worker-patience-ms', String(patienceMs), ...more), env)
  }
  const worker = (name: string): Running =>
    begin(['worker', '--json', '--name', name, '--workers', '1', '--content-folder', content])
  /** One that is no honest command. */
  const other = (name: string, manner: Manner, pauseMs = 0): WorkerProcess => {
    const started = startWorker({ natsUrl: nats.url, content, engine: SHARD_ENGINE }, name, manner, pauseMs)
    others.push(started)
    return started
  }
  const shardsOf = (text: string): Fields[] => eventsOf(text).filter(({ event }) => event === 'shard')
  const taken = (text: string): Fields[] =>
    shardsOf(text).filter(({ result }) => result === 'done' || result === 'checked')

  const windowsIn = (text: string): number => taken(text).reduce((sum, { items }) => sum + Number(items), 0)

  async function settled({ code, out, err }: Ended, name: string): Promise<typeof expected> {
    expect(code, err).to.equal(0)
    const { post } = JSON.parse(out) as Fields
    const folder = join(cwd, name, 'epoch-1')
    const files = new Map<string, string>()
    for (const file of (await readdir(folder)).sort())
      files.set(file, (await readFile(join(folder, file))).toString('base64'))
    const totals = eventsOf(err).flatMap(({ event, stage, total }) =>
      event === 'progress' && (stage === 'score' || stage === 'noise')
        ? [[String(stage), Number(total)] as const]
        : [],
    )
    const windows = [...new Map(totals).values()].reduce((sum, total) => sum + total, 0)
    return { post, files, windows }
  }

  /** What every run has to come to, whatever befell it: the same bytes, and every shard counted once. */
  async function expectTheSame(ended: Ended, name: string): Promise<void> {
    expect(await settled(ended, name)).to.deep.equal(expected)
    expect(windowsIn(ended.err)).to.equal(expected.windows)
  }

  async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
    for (const end = Date.now() + 60_000; !(await holds()); await sleep(10))
      if (Date.now() > end)
        throw new Error(`${what} did not come\n${running.map(each => each.said()).join('\n')}`)
  }
  const queue = (): Promise<ConsumerInfo | undefined> =>
    jsm.consumers.info(SHARD_STREAM, consumerOf(SHARD_ENGINE)).catch(() => undefined)
  /** Shards that workers hold at this moment. */
  const held = async (): Promise<number> => (await queue())?.num_ack_pending ?? 0
  /** How many they would take now. */
  const waiting = async (): Promise<number> => (await queue())?.num_waiting ?? 0

  function expectInTheMiddle(each: Running): void {
    expect(windowsIn(each.said())).to.be.within(1, expected.windows - 1)
  }

  it('given a worker that is killed in the middle of a shard, one that lies and a server that is killed: settles the same', async () => {
    // it holds shards until it is killed: before that, nothing comes to its end
    const victim = other('victim', 'stuck')
    const hurt = operator('hurt', 60_000)
    await until(() => taken(hurt.said()).length >= 3, 'the results of the victim')

    const liar = other('liar', 'flips', 1_000)
    expect(await liar.exit).to.equal(1)
    expect(liar.complaint()).to.contain('WORKER_REFUSED')

    const heir = worker('heir')
    await until(() => taken(hurt.said()).some(each => each['worker'] === 'heir'), 'the heir')
    expect(await held(), 'shards under way').to.be.above(0)
    await nats.kill()
    expectInTheMiddle(hurt)
    await victim.kill()
    await nats.start()
    const ended = await hurt.ended
    await expectTheSame(ended, 'hurt')
    const workers = new Set(taken(ended.err).map(each => each['worker']))
    expect([...workers])
      .to.include.members(['victim', 'heir'])
      .and.not.include('liar')
    const quarantine = await readFile(join(cwd, 'hurt/quarantine.jsonl'), 'utf8')
    expect(
      quarantine
        .trim()
        .split('\n')
        .map(line => (JSON.parse(line) as Fields)['worker']),
    ).to.deep.equal(['liar'])

    heir.kill('SIGTERM')
    const { code, err } = await heir.ended
    expect(code).to.equal(0)
    expect(err).to.match(/worker heir ends after [1-9]\d* shards/)
  })

  it('given a server that comes back without its disk: settles the same', async () => {
    const victim = other('victim', 'stuck')
    const first = worker('first')
    await until(async () => (await waiting()) >= 4, 'the workers')
    // it does nothing of what it is given before the disk is lost
    first.kill('SIGSTOP')
    const lost = operator('lost', 10_000)
    await until(() => taken(lost.said()).length >= 3, 'the first results')
    await nats.kill()
    expectInTheMiddle(lost)
    await victim.kill()
    await nats.forget()
    await nats.start()
    first.kill('SIGCONT')
    await expectTheSame(await lost.ended, 'lost')
    first.kill('SIGTERM')
    expect((await first.ended).code).to.equal(0)
  })

  it('given a bucket for what is written and a gateway to read from: settles the same', async () => {
    const keys = { accessKeyId: 'AKIDWORKERS', secretAccessKey: 's3cret/with+signs' }
    const bucket = await startBucket({ [keys.accessKeyId]: keys.secretAccessKey }, 'eu-central-1')
    const gateway = await startGateway(content)
    try {
      const env = {
        ORACLE_S3_ACCESS_KEY_ID: keys.accessKeyId,
        ORACLE_S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
      }
      const location = `s3://epochs/content?endpoint=${encodeURIComponent(bucket.server.url)}&region=eu-central-1`
      const remote = begin(
        ['worker', '--json', '--name', 'remote', '--content-stores', `${gateway.url},${location}`],
        env,
      )
      const ended = await operator('bucket', 60_000, ['--content-stores', `${content},${location}`], env)
        .ended
      await expectTheSame(ended, 'bucket')
      expect(new Set(taken(ended.err).map(each => each['worker']))).to.deep.equal(new Set(['remote']))
      expect(bucket.refusals).to.deep.equal([])
      expect(gateway.asked.length, 'texts and graphs').to.be.above(FILES)
      const written = [...bucket.objects.keys()]
      expect(written.filter(path => path.startsWith('epochs/content/work/objects/')).length).to.be.above(10)
      expect(remote.said()).to.not.contain(keys.secretAccessKey)
    } finally {
      await gateway.stop()
      await bucket.server.stop()
    }
  })

  it('given no server at all: says so once, by its host, and computes by itself', async () => {
    await nats.kill()
    const ended = await operator('none', 30_000).ended
    await expectTheSame(ended, 'none')
    expect(new Set(taken(ended.err).map(each => each['worker']))).to.deep.equal(new Set(['local']))
    const warnings = eventsOf(ended.err).filter(({ event }) => event === 'alone')
    expect(warnings.map(({ reason }) => reason)).to.deep.equal([
      `NATS at ${new URL(nats.url).host} cannot be reached`,
    ])
  })
})

/** An epoch of real files and a real, small graph, closed at a block that stays the same. */
async function epochOn(datanet: Datanet): Promise<void> {
  const texts = sourcesOf('solmate')
    .map(({ text }) => text)
    .filter(text => text.length < 8000)
  await datanet.contribute(3, texts.slice(0, FILES))
  const tokenizer = trainBpe(
    texts.slice(0, FILES).map(text => Buffer.from(text)),
    { vocabSize: 300 },
  )
  const shape = { width: 32, layers: 2, heads: 2, mlpWidth: 64, contextLength: 64 }
  const config = { ...shape, vocabSize: tokenizer.vocabSize }
  const graph = encodeModel(forwardModel(config, initialWeights(config, 'processes')))
  const places = texts.slice(0, FILES).map((_, place) => place)
  await datanet.model(places, undefined, true, true, { tokenizer: tokenizer.toJson(), graph })
  await datanet.buy(1, texts[0]!.slice(200, 500), 10n ** 18n)
  await datanet.openEpoch(1)
  await datanet.anvil.settle()
}

/** A gateway as a web server on a folder store is one: GET /{digest}. */
function startGateway(folder: string): Promise<HttpServer> {
  return HttpServer.start(({ path }, response) => {
    const hex = path.slice('/0x'.length)
    readFile(join(folder, 'objects', hex.slice(0, 2), hex)).then(
      bytes => response.writeHead(200, { 'content-length': bytes.length }).end(bytes),
      () => response.writeHead(404).end(),
    )
  })
}
