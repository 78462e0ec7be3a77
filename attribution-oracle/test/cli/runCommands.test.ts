import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Datanet, WINDOW } from '../scene/datanet'
import { postLie } from '../scene/lie'
import { SOURCES } from '../scene/sources'
import { eventsOf, run, start, type Running } from './process'

interface Shown {
  epoch: number
  state: string
}

const WEEK = 7 * 86_400

describe('attribution-oracle run', () => {
  let datanet: Datanet
  let cwd: string
  let running: Running | undefined
  afterEach(() => running?.kill('SIGKILL'))
  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(3, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(4, [SOURCES.ballot])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    cwd = await mkdtemp(join(tmpdir(), 'oracle-run-'))
    const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    await writeFile(join(cwd, 'system.json'), JSON.stringify(datanet.system.record, asText))
    const settings = {
      rpcUrl: datanet.anvil.url,
      deployment: 'system.json',
      contentFolder: join(datanet.folder, 'content'),
      storeFolder: 'store',
      publishFolder: 'publish',
      operatorKey: datanet.operator.privateKey,
      httpPort: 0,
      pollMs: 100,
      // the other seat of the scene never takes its turn
      submissionDelayMs: 0,
    }
    await writeFile(join(cwd, 'oracle.json'), JSON.stringify(settings))
  })
  after(async () => {
    await datanet?.stop()
    if (cwd) await rm(cwd, { recursive: true, force: true })
  })

  const ended = async (code: number, flags: string[], env = {}): Promise<Record<string, unknown>> => {
    const answer = await run(['run', '--once', '--json', ...flags], { cwd, env })
    expect(answer.code, answer.err).to.equal(code)
    return JSON.parse(answer.out) as Record<string, unknown>
  }
  const once = (...flags: string[]): Promise<Record<string, unknown>> => ended(0, flags)
  const pending = async (): Promise<boolean> =>
    (await datanet.system.attributionOracle.pending()).deadline > 0n

  it('--once without --confirm takes the epoch as far as it goes, and says what it would send', async () => {
    const answer = await once()
    expect(answer['dryRun']).to.equal('nothing was sent: --confirm is missing')
    const [post] = answer['wouldSend'] as Record<string, unknown>[]
    expect(post).to.include({ action: 'post', epoch: 1, contract: datanet.addresses().attributionOracle })
    expect(await pending()).to.equal(false)
  })

  it('--once --confirm asks nothing, and posts', async () => {
    const answer = await once('--confirm')
    expect(answer).to.not.have.property('dryRun')
    expect(await pending()).to.equal(true)
    await datanet.anvil.settle()
  })

  it('as a verifier agrees, from a store of its own and without a key', async () => {
    const own = ['--mode', 'verifier', '--store-folder', 'other', '--publish-folder', 'other-publish']
    const answer = await once(...own)
    const [epoch] = answer['epochs'] as Record<string, unknown>[]
    expect(epoch).to.include({ epoch: 1, agrees: true })
  })

  it('stays, serves the API, finalizes, and ends with 0 on SIGTERM; its log is JSON without the key', async () => {
    running = start(['run', '--confirm', '--log-format', 'json'], { cwd })
    await running.printed('API at http')
    const api = /API at (http:[^\s"]+)/.exec(running.said())![1]!
    expect((await fetch(`${api}/health`)).status).to.equal(200)
    await datanet.anvil.pass(WINDOW + 1)
    while ((await datanet.system.attributionOracle.finalEpoch()) === 0n)
      await new Promise(resolve => setTimeout(resolve, 100))
    const metrics = await (await fetch(`${api}/metrics`)).text()
    expect(metrics).to.contain('oracle_build_info').and.to.contain('oracle_config_hash')
    const second = await run(['epoch', 'show', '--epoch', '1'], { cwd })
    expect([second.code, second.err.includes('STORE_LOCKED')]).to.deep.equal([4, true])
    running.kill('SIGTERM')
    const { code, out, err } = await running.ended
    expect(code, err).to.equal(0)
    expect(eventsOf(err).length).to.be.greaterThan(2)
    expect(out + err).to.not.contain(datanet.operator.privateKey)
  })

  it('serve answers the API without a key, and ends with 0 on SIGINT', async () => {
    running = start(['serve', '--log-format', 'json'], { cwd })
    await running.printed('API at http')
    const api = /API at (http:[^\s"]+)/.exec(running.said())![1]!
    while (!(await fetch(`${api}/ready`)).ok) await new Promise(resolve => setTimeout(resolve, 100))
    const answer = (await (await fetch(`${api}/v1/epochs`)).json()) as { items: { epoch: number }[] }
    expect(answer.items.map(({ epoch }) => epoch)).to.deep.equal([1])
    const { epochs, blocks } = (await (await fetch(`${api}/status`)).json()) as Record<string, unknown>
    const [shown] = epochs as Shown[]
    expect(shown?.epoch).to.equal(1)
    expect(shown?.state).to.be.oneOf(['submitted', 'final'])
    expect((blocks as { finalized: number }).finalized).to.be.above(0)
    expect(await (await fetch(`${api}/metrics`)).text()).to.match(
      /oracle_block_number\{block="finalized"\} \d/,
    )
    running.kill('SIGINT')
    expect((await running.ended).code).to.equal(0)
  })

  it('serve explains as the command line does, on a thread that it ends with itself', async () => {
    const subjects = [datanet.anvil.account(3).address, String(datanet.ids[0])]
    const expected: string[] = []
    for (const subject of subjects)
      expected.push((await run(['explain', subject, '-e', '1', '--json'], { cwd })).out.trim())
    running = start(['serve', '--log-format', 'json'], { cwd })
    await running.printed('API at http')
    const api = /API at (http:[^\s"]+)/.exec(running.said())![1]!
    while (!(await fetch(`${api}/ready`)).ok) await new Promise(resolve => setTimeout(resolve, 100))
    for (const [i, subject] of subjects.entries())
      expect(await (await fetch(`${api}/v1/explain/${subject}/1`)).text()).to.equal(expected[i])
    running.kill('SIGTERM')
    expect((await running.ended).code).to.equal(0)
  })

  it('--once as a verifier ends with 3 where a post differs, and with 0 when it struck it down', async () => {
    await datanet.anvil.pass(WEEK)
    await datanet.openEpoch(2)
    await datanet.anvil.settle()
    const liar = await datanet.oracle('liar', datanet.liar.privateKey)
    await postLie(liar, 2, ({ ledger }) => void (ledger[1]!.prefix = 1n))
    await liar.store.close()
    await datanet.anvil.settle()
    const own = ['--mode', 'verifier', '--store-folder', 'other', '--publish-folder', 'other-publish']
    const found = await ended(3, own)
    const provable = found['wouldSend'] as Record<string, unknown>[]
    expect(provable.map(({ action, epoch }) => [action, epoch])).to.deep.equal([['challenge prefix', 2]])
    expect(await pending()).to.equal(true)
    await ended(0, [...own, '--confirm'], { ORACLE_OPERATOR_KEY: datanet.anvil.account(7).privateKey })
    expect(await pending()).to.equal(false)
  })
})
