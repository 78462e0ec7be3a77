import { expect } from 'chai'
import { ContentStoreError, openContentStore } from '@open-datanets/content-store'
import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEpoch } from '../../src/content'
import { poolId, sha256, type Digest, type Post, type ScoreEpoch } from '../../src/domain'
import { runEpoch, verifyEpoch } from '../../src/pipeline'
import { checkModel } from '../../src/scoring'
import { Datanet, WINDOW } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const WEEK = 7 * 86_400
const TOLERANCE = { tolerancePpm: 20 }

describe('what others publish, or do not', function () {
  let datanet: Datanet
  let fork: string

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.contribute(6, [SOURCES.purse])
    await datanet.model([0, 1, 2])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
  })
  beforeEach(async () => {
    fork = (await datanet.anvil.provider.send('evm_snapshot', [])) as string
  })
  afterEach(() => datanet.anvil.provider.send('evm_revert', [fork]))
  after(() => datanet?.stop())

  const run = async (epoch: number, change: object = {}): Promise<Post> => {
    const oracle = await datanet.oracle('operator', datanet.operator.privateKey)
    const { post } = await runEpoch({ ...oracle, ...change }, epoch)
    await oracle.store.close()
    await datanet.anvil.settle()
    return post!
  }
  const verify = async (epoch: number, change: object = {}) => {
    const oracle = await datanet.oracle('verifier')
    const report = await verifyEpoch({ ...oracle, ...change }, epoch, TOLERANCE)
    await oracle.store.close()
    return report
  }
  const finalize = async (post: Post, next: number): Promise<void> => {
    const oracle = await datanet.oracle('operator', datanet.operator.privateKey)
    await datanet.anvil.pass(WINDOW)
    await oracle.poster!.finalize(post, 1)
    await oracle.store.close()
    await datanet.anvil.pass(WEEK)
    await datanet.openEpoch(next)
    await datanet.anvil.settle()
  }
  const fileOf = (folder: string, digest: Digest): string =>
    join(folder, 'objects', digest.slice(2, 4), digest.slice(2))
  const elsewhere = async (): Promise<string> => {
    const folder = join(datanet.folder, 'elsewhere')
    await rm(folder, { recursive: true, force: true })
    await cp(join(datanet.folder, 'content'), folder, { recursive: true })
    return folder
  }

  it('given missing receipts: two oracles with folders of their own say the same of them', async () => {
    const receipts = await datanet.buy(1, SOURCES.ballot, 10n ** 18n)
    await datanet.anvil.settle()
    await rm(fileOf(join(datanet.folder, 'content'), receipts))
    const post = await run(1)
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    expect(tables.receipts.map(row => row.reason)).to.deep.equal(['UNAVAILABLE'])
    const content = openContentStore(await elsewhere())
    expect((await verify(1, { content })).differences).to.deep.equal([])
  })

  it('given a file that our own disk damaged: stops, and blames no contributor', async () => {
    const folder = await elsewhere()
    await writeFile(fileOf(folder, sha256(Buffer.from(SOURCES.counter))), 'damaged')
    const fault = await run(1, { content: openContentStore(folder) }).catch((error: unknown) => error)
    expect(fault instanceof ContentStoreError && fault.code).to.equal('CONTENT_CORRUPT')
  })

  it('given a file above the limit: says so without reading it', async () => {
    await datanet.contribute(7, [`${SOURCES.clock}${' '.repeat(2 ** 20)}`])
    await datanet.anvil.settle()
    const post = await run(1)
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    expect(tables.screening[3]?.reason).to.equal('TOO_LARGE')
    expect((await verify(1)).differences).to.deep.equal([])
  })

  it('given a decision whose numbers round the other way elsewhere: still agrees', async () => {
    const scoring =
      (loss: number, score: ScoreEpoch): ScoreEpoch =>
      async input => {
        const result = await score(input)
        const noise = new Map([[2n, { lossPerByte: 1 - loss, baselinePerByte: 1, selfInfluence: 1 }]])
        return { ...result, noise }
      }
    const { scoreEpoch, store } = await datanet.oracle('scores')
    await store.close()
    await run(1, { scoreEpoch: scoring(0.05049999, scoreEpoch) })
    const report = await verify(1, { scoreEpoch: scoring(0.05050001, scoreEpoch) })
    expect(report.differences).to.deep.equal([])
  })

  it('given a model that cannot be decoded: leaves it out with the reason, and takes the one before', async () => {
    await datanet.model([0, 1, 2], undefined, true, false)
    await datanet.buy(2, SOURCES.ballot, 10n ** 18n)
    await datanet.anvil.settle()
    const post = await run(1)
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    expect(tables.receipts.map(row => [row.modelId, row.reason])).to.deep.equal([[2, 'MODEL_INVALID']])
    expect(tables.weights.some(row => row.poolId === poolId('datanet', 1))).to.equal(true)
    expect(checkModel('{}', Buffer.from('no graph'))).to.equal(false)
  })

  it('given fees that are collected an epoch late: splits them by the answers that were paid', async () => {
    const pool = poolId('model', 1)
    const earners = async (post: Post): Promise<bigint[]> => {
      const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
      return tables.receipts.map(row => row.cumulative)
    }
    await datanet.buy(1, SOURCES.ballot, 1000n, true, false)
    await datanet.anvil.settle()
    const first = await run(1)
    await finalize(first, 2)
    await datanet.buy(1, SOURCES.purse, 100n)
    await datanet.anvil.settle()
    const second = await run(2)
    const { tables } = await readEpoch(datanet.content, second.dataDigest, second)
    expect(tables.manifest.find(row => row.poolId === pool)?.amount).to.equal(660n)
    expect(await earners(second)).to.deep.equal([1000n, 1100n])
    expect((await verify(2)).differences).to.deep.equal([])
    await finalize(second, 3)
    expect(await earners(await run(3))).to.deep.equal([])
  })
})
