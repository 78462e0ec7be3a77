import { expect } from 'chai'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceEvent } from '../../src/domain'
import { costOf, costText, readCosts, recordCosts, runEpoch } from '../../src/pipeline'
import { Datanet } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const sent = (change: Partial<Extract<ServiceEvent, { kind: 'transaction' }>>): ServiceEvent => ({
  ...{ kind: 'transaction', epoch: 1, action: 'post', nonce: 0, attempt: 1, hash: '0xaa' },
  ...{ result: 'sent', seconds: 1 },
  ...change,
})

describe('costOf', () => {
  let datanet: Datanet
  let folder: string
  let file: string

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.model([0, 1])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
  })
  after(() => datanet?.stop())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-costs-'))
    file = join(folder, 'deep', 'costs.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const observe = async (...events: ServiceEvent[]): Promise<void> => {
    const record = recordCosts(file)
    for (const event of events) record.observe(event)
    await record.close()
  }

  it('adds up gas by action over replacements and restarts, and seconds by stage', async () => {
    await observe(
      sent({}),
      sent({ hash: '0xbb', result: 'replaced', attempt: 2 }),
      { kind: 'stage', epoch: 1, stage: 'score', items: 10, seconds: 2.5 },
      { kind: 'balance', address: '0x00', wei: 1n },
    )
    const mined = sent({ hash: '0xbb', result: 'mined', gasUsed: 80_000n, cost: 160_000_000_000_000n })
    await observe(mined, { kind: 'stage', epoch: 1, stage: 'score', items: 12, seconds: 1 })
    await observe(mined, sent({ epoch: 2, result: 'mined', hash: '0xcc', gasUsed: 5n, cost: 5n }))
    await observe(sent({ action: 'finalize', hash: '0xdd', result: 'reverted', gasUsed: 1_000n, cost: 7n }))
    const oracle = await datanet.oracle('costs')
    const report = await costOf(oracle, file, 1)
    expect(report).to.deep.equal({
      epoch: 1,
      actions: [
        { action: 'finalize', attempts: 0, hash: null, gasUsed: 1_000n, wei: 7n },
        { action: 'post', attempts: 2, hash: '0xbb', gasUsed: 80_000n, wei: 160_000_000_000_000n },
      ],
      gasUsed: 81_000n,
      wei: 160_000_000_000_007n,
      paid: null,
      stages: [{ stage: 'score', items: 12, seconds: 3.5 }],
      seconds: 3.5,
    })
    expect(costText(report)).to.include('Transactions: 81000 gas, 0.000160000000000007 coins')
    await oracle.store.close()
  })

  it('reads what the epoch pays from the chain', async () => {
    const oracle = await datanet.oracle('poster', datanet.operator.privateKey)
    const { post } = await runEpoch(oracle, 1)
    await datanet.anvil.settle()
    const report = await costOf(oracle, file, 1)
    expect(report.paid).to.equal(post!.total)
    expect(report.actions).to.deep.equal([])
    expect(costText(report)).to.include('Epoch 1 pays 1,400,000.000000000000000000 OPEN')
    await oracle.store.close()
  })

  it('leaves out a line that a killed process wrote in part, and no other', async () => {
    await observe(sent({}))
    await appendFile(file, '\n{"action":"post","epo')
    await observe(sent({ hash: '0xbb' }))
    expect((await readCosts(file)).length).to.equal(2)
  })

  it('reports a disk that refuses it, and goes on', async () => {
    const failures: ServiceEvent[] = []
    await writeFile(join(folder, 'deep'), 'a file where a folder should be')
    const record = recordCosts(file, event => failures.push(event))
    record.observe(sent({}))
    await record.close()
    expect(failures.map(each => each.kind === 'failed' && each.step)).to.deep.equal(['cost record'])
  })
})
