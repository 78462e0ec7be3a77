import { expect } from 'chai'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '../../src/domain'
import { EXIT } from '../../src/exitCode'
import { EpochStore } from '../../src/store'
import { filesIn } from '../crash/filesIn'
import { realModel } from '../network/scorers'
import { Datanet, WINDOW } from '../scene/datanet'
import { SOURCES } from '../scene/sources'
import { run, type Ended } from './process'

const WEEK = 7 * 86_400

/** Epoch 1 is final, epoch 2 is settled and not posted: whatever an operator does next, both keep their bytes. */
describe('a settled epoch at the command line', function () {
  this.timeout(300_000)
  let datanet: Datanet
  let cwd: string
  let kept: string

  const cli = (...args: string[]): Promise<Ended> =>
    run(args, { cwd, env: { ORACLE_CONTENT_FOLDER: join(datanet.folder, 'content') } })
  const done = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, out, err } = await cli(...args, '--json')
    expect(code, `${args.join(' ')}: ${err}`).to.equal(EXIT.done)
    return JSON.parse(out) as Record<string, unknown>
  }
  const published = (epoch: number, file: string): string =>
    join(cwd, `oracle-data/published/epoch-${epoch}`, file)

  /** What was computed, as rows and as files; words of operators and transactions come and go. */
  const bytes = async (): Promise<string> => {
    const store = await EpochStore.open(join(cwd, 'oracle-data/store'))
    const rows: string[] = []
    await store.dump(async dump => {
      for await (const row of dump.rows)
        if (/^(results|earnings)$/.test(dump.table) && !row.includes('"submitted/')) rows.push(row)
    })
    await store.close()
    const files = Object.entries(await filesIn(join(cwd, 'oracle-data/published')))
    return canonicalJson({
      rows,
      files: files.filter(([path]) => /^epoch-\d/.test(path) && !path.includes('attestation-')),
    })
  }
  const expectKept = async (): Promise<void> => void expect(await bytes()).to.equal(kept)

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(3, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(4, [SOURCES.ballot])
    await datanet.model([0, 1, 2], undefined, true, true, realModel('settled'))
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    cwd = await mkdtemp(join(tmpdir(), 'oracle-settled-'))
    await mkdir(join(cwd, 'deployments/here'), { recursive: true })
    const record = JSON.stringify(datanet.system.record, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    await writeFile(join(cwd, 'deployments/here/system.json'), record)
    await done('init', '--deployment', 'here', '--rpc-url', datanet.anvil.url)
    await done('epoch', 'run', '-e', '1', '--confirm')
    await done('snapshot', 'create', join(cwd, 'old'))
    await datanet.anvil.pass(WINDOW + 1)
    await done('epoch', 'finalize', '-e', '1', '--confirm')
    await datanet.anvil.pass(WEEK)
    await datanet.contribute(5, [SOURCES.clock])
    await datanet.openEpoch(2)
    await datanet.anvil.settle()
    expect(await done('epoch', 'run', '-e', '1', '--confirm')).to.include({ state: 'final' })
    expect(await done('epoch', 'settle', '-e', '2')).to.include({ state: 'settled' })
    kept = await bytes()
    // what three steps of two epochs left; a model that has learned nothing takes all for noise, so nobody earns
    expect((JSON.parse(kept) as { rows: string[] }).rows).to.have.length(6)
  })
  after(async () => {
    await datanet?.stop()
    if (cwd) await rm(cwd, { recursive: true, force: true })
  })
  afterEach(expectKept)

  for (const [epoch, state, steps] of [
    [1, 'final', ['score', 'run']],
    [2, 'settled', ['score', 'settle']],
  ] as const)
    it(`is not computed again when it is ${state}`, async () => {
      for (const step of steps)
        expect(await done('epoch', step, '-e', String(epoch)), step).to.include({ state })
    })

  it('is not computed again under other settings', async () => {
    const settings = ['--verify-share', '0.1', '--tolerance-ppm', '0', '--workers', '1']
    await done('run', '--once', '--mode', 'verifier', '--http-port', '0', ...settings)
    expect(await done('epoch', 'settle', '-e', '2', ...settings)).to.include({ state: 'settled' })
  })

  it('is compared with the chain by a rebuild, and left alone', async () => {
    const { epochs } = await done('rebuild', '--from-chain')
    expect(epochs).to.have.length(1)
    expect((epochs as { rebuilt: boolean }[])[0]!.rebuilt).to.equal(false)
  })

  it('is not taken back by an older snapshot', async () => {
    const { code, err } = await cli('snapshot', 'restore', join(cwd, 'old'))
    expect(code, err).to.equal(EXIT.notYet)
    expect(err).to.contain('WRONG_STATE')
  })

  it('is posted as it is in the store, whatever became of the files beside it', async () => {
    const file = published(2, 'post.json')
    const whole = await readFile(file, 'utf8')
    await writeFile(file, whole.replace(/"ledgerRoot":"0x..../, '"ledgerRoot":"0xdead'))
    await done('epoch', 'post', '-e', '2', '--confirm')
    await datanet.anvil.settle()
    const { agrees, differences } = await done('epoch', 'diff', '-e', '2')
    expect([agrees, differences]).to.deep.equal([true, []])
    const { attributionOracle } = datanet.system
    const [posted] = await attributionOracle.queryFilter(attributionOracle.filters.RootPosted(2))
    expect(posted!.args.post.ledgerRoot).to.equal((JSON.parse(whole) as { ledgerRoot: string }).ledgerRoot)
    await writeFile(file, whole)
  })

  it('stops whoever needs a block of it that was changed on the disk', async () => {
    const { dataDigest } = JSON.parse(await readFile(published(1, 'post.json'), 'utf8')) as {
      dataDigest: string
    }
    const block = join(datanet.folder, 'content/objects', dataDigest.slice(2, 4), dataDigest.slice(2))
    const whole = await readFile(block)
    await writeFile(block, Buffer.concat([whole.subarray(0, -1), Buffer.from('x')]))
    const { code, err } = await cli('epoch', 'verify', '-e', '1')
    await writeFile(block, whole)
    expect(code, err).to.equal(EXIT.broken)
    expect(err).to.contain(block).and.to.contain('damaged')
  })
})
