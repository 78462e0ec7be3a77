import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { canonicalJson, type ContentStore, type ServiceEvent } from '../../src/domain'
import type { ComputingConfig } from '../../src/computing'
import { startStages, type StagesApart } from '../../src/epochStagesApart'
import { isFault } from '../../src/errors'
import { publishedFiles, runEpoch, verifyProposal, type EpochStages } from '../../src/pipeline'
import { checkModel, scoreEpoch, SHARD_ENGINE } from '../../src/scoring'
import { JobThread } from '../../src/thread'
import { Datanet, type OracleProcess } from '../scene/datanet'
import { natsInstalled, startNatsServer } from '../scene/natsServer'
import { Running, until } from '../scene/service'
import { SOURCES } from '../scene/sources'
import { startWorker } from '../work/workers'
import type { OddJobs, OddSetup } from '../thread/oddJobs'

const tokenizer = trainBpe(
  Object.values(SOURCES).map(text => Buffer.from(text)),
  { vocabSize: 300 },
)

/** A network that has learned nothing, large enough to be asked. */
function graph(): Uint8Array {
  const shape = { width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 64 }
  const config = { ...shape, vocabSize: tokenizer.vocabSize }
  return encodeModel(forwardModel(config, initialWeights(config, 'apart')))
}

const here = (): never => expect.fail('it was computed on the thread that serves')

/** A process that can compute nothing by itself, and read no content: all of it has to be done elsewhere. */
function unable(deps: OracleProcess, stages: StagesApart): OracleProcess {
  // the rule that closes an epoch is a question to the chain
  const get: ContentStore['get'] = async digest => {
    const bytes = await deps.content.get(digest)
    return Buffer.from(bytes).includes('open-datanets/epoch-config') ? bytes : here()
  }
  return {
    ...deps,
    content: { get, put: here, has: here },
    ...{ keccak: here, screen: here, checkModel: here, scoreEpoch: here, toWeights: here },
    stages: stages.stages,
  }
}

describe('a service that computes epochs on a thread of their own', () => {
  let datanet: Datanet
  let alone: OracleProcess
  let events: ServiceEvent[]
  let apart: StagesApart
  const stores: OracleProcess[] = []

  const oracle = async (name: string, key?: string): Promise<OracleProcess> => {
    const deps = { ...(await datanet.oracle(name, key)), checkModel, scoreEpoch }
    stores.push(deps)
    return deps
  }

  const settings = (natsUrl?: string): ComputingConfig => ({
    ...{ natsUrl, natsCredentials: undefined, natsCa: undefined },
    ...{ workers: 1, workerCheckShare: 0.02, workerPatienceMs: 30_000, workerSilenceMs: 30_000 },
    publishFolder: join(datanet.folder, 'apart'),
    contentStores: [join(datanet.folder, 'content')],
    ...{ s3AccessKeyId: undefined, s3SecretAccessKey: undefined },
    ...{ chainId: alone.system.chainId, rewardVault: alone.system.vault },
    ...{ datanetRegistry: alone.system.registry, inferencePayments: alone.system.payments },
  })

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.contribute(6, [SOURCES.counter])
    const trained = { tokenizer: tokenizer.toJson(), graph: graph() }
    await datanet.model([0, 1, 2, 3], undefined, true, true, trained)
    await datanet.openEpoch(1, 2)
    await datanet.anvil.settle()
    alone = await oracle('alone')
    events = []
    apart = startStages(settings(), event => events.push(event))
    await apart.ready()
  })
  after(async () => {
    await apart?.close()
    for (const { store } of stores) await store.close()
    await datanet?.stop()
  })

  it('settles the same bytes as without one, and does nothing of it itself', async () => {
    const here = await runEpoch(alone, 1)
    const deps = unable(await oracle('apart'), apart)
    const stages: string[] = []
    const there = await runEpoch({ ...deps, onProgress: ({ stage }) => void stages.push(stage) }, 1)
    expect(here.state).to.equal('settled')
    expect(there).to.deep.equal(here)
    for (const [state, name] of [
      ['closed', 'inputs'],
      ['scored', 'scored'],
      ['settled', 'post'],
    ] as const) {
      const [a, b] = [await alone.store.result(1, state, name), await deps.store.result(1, state, name)]
      expect(Buffer.compare(a, b), name).to.equal(0)
    }
    for (const kind of ['car', 'tree', 'claims', 'proposal'] as const) {
      const [a, b] = [alone, deps].map(({ publishFolder }) => publishedFiles(publishFolder, 1)[kind])
      expect(Buffer.compare(await readFile(a!), await readFile(b!)), kind).to.equal(0)
    }
    expect([...new Set(stages)]).to.deep.equal(['ingest', 'screen', 'score', 'noise', 'settle', 'publish'])
    expect(events.map(({ kind }) => kind)).to.include.members(['content', 'model', 'tree'])
  })

  it('verifies the same', async () => {
    const { post } = await runEpoch(alone, 1)
    const deps = unable(await oracle('verifier'), apart)
    const lie = { ...post!, total: post!.total + 1n }
    for (const each of [post!, lie]) {
      const [ours, theirs] = [
        await verifyProposal(alone, each, { tolerancePpm: 20 }),
        await verifyProposal(deps, each, { tolerancePpm: 20 }),
      ]
      expect(canonicalJson(theirs.differences)).to.equal(canonicalJson(ours.differences))
      expect([theirs.agrees, theirs.challenge?.kind]).to.deep.equal([ours.agrees, ours.challenge?.kind])
      expect(theirs.agrees).to.equal(each === post)
    }
    expect(await apart.stages.published(post!, { onProgress: () => undefined })).to.equal(true)
  })

  it('hands shards to the workers of a queue, and comes to the same', async function () {
    if (!natsInstalled()) this.skip()
    await runEpoch(alone, 1)
    const nats = await startNatsServer()
    const place = { natsUrl: nats.url, content: join(datanet.folder, 'content'), engine: SHARD_ENGINE }
    const worker = startWorker(place, 'one')
    const told: ServiceEvent[] = []
    const queued = startStages(settings(nats.url), event => told.push(event))
    try {
      const deps = unable(await oracle('queued'), queued)
      await runEpoch(deps, 1)
      const [a, b] = [
        await alone.store.result(1, 'settled', 'post'),
        await deps.store.result(1, 'settled', 'post'),
      ]
      expect(Buffer.compare(a, b)).to.equal(0)
      const workers = told.flatMap(event => (event.kind === 'shard' ? [event.worker] : []))
      expect(workers).to.include('one')
    } finally {
      await queued.close()
      await worker.stop()
      await nats.stop()
    }
  })

  it('tells what is missing as content, with its code', async () => {
    const { post } = await runEpoch(alone, 1)
    const previous = { ...post!, dataDigest: `0x${'ab'.repeat(32)}` as const }
    const error = await apart.stages.unpaid(previous, { onProgress: () => undefined }).then(
      () => expect.fail('it was there'),
      (fault: unknown) => fault,
    )
    expect((error as { code?: string }).code).to.equal('CONTENT_MISSING')
  })

  it('survives the death of the thread: the step fails, and the next cycle has another one', async () => {
    const key = datanet.operator.privateKey
    const setup: OddSetup = { counters: new Int32Array(new SharedArrayBuffer(12)) }
    const entry = join(__dirname, '../thread/oddJobsThread.ts')
    const odd = JobThread.start<OddJobs>({ name: 'odd jobs', entry, setup, observe: () => undefined })
    let tries = 0
    const score: EpochStages['score'] = (input, options) =>
      tries++ === 0 ? odd.run('die', 'exit', options) : apart.stages.score(input, options)
    const dying = { ...apart, stages: { ...apart.stages, score } }
    const running = new Running('operator', unable(await oracle('dying', key), dying))
    running.start()
    await until(
      datanet,
      [running],
      'posted',
      () => running.verified(1) === true || running.of('failed').length > 3,
    )
    await running.stop()
    expect(running.of('failed').map(({ step, code }) => [step, code])).to.deep.equal([
      ['compute', 'THREAD_DIED'],
    ])
    expect(running.failure).to.equal(undefined)
    await odd.close()
  })

  it('stops in the middle of a stage, and ends its thread', async () => {
    const stop = new AbortController()
    const deps = unable(await oracle('stopped'), apart)
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'score') stop.abort()
    }
    const error = await runEpoch({ ...deps, signal: stop.signal, onProgress }, 1).then(
      () => expect.fail('it went on'),
      (fault: unknown) => fault,
    )
    expect(isFault(error, 'ABORTED')).to.equal(true)
    expect(await deps.store.state(1)).to.equal('closed')
    await apart.close()
  })
})
