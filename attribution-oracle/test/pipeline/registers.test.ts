import { expect } from 'chai'
import { readEpoch } from '../../src/content'
import { epochInputsDocument, parseDocument, type Post } from '../../src/domain'
import { explainContribution, runEpoch, verifyEpoch } from '../../src/pipeline'
import { Datanet, WINDOW } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const WEEK = 7 * 86_400

describe('what contributors and owners say after a commitment', () => {
  let datanet: Datanet
  let fork: string

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1, 2])
    await datanet.openEpoch(1)
  })
  beforeEach(async () => {
    fork = (await datanet.anvil.provider.send('evm_snapshot', [])) as string
  })
  afterEach(() => datanet.anvil.provider.send('evm_revert', [fork]))
  after(() => datanet?.stop())

  const registryOf = (account: number) =>
    datanet.system.datanetRegistry.connect(datanet.anvil.account(account))
  const run = async (epoch = 1): Promise<Post> => {
    await datanet.anvil.settle()
    const oracle = await datanet.oracle('operator', datanet.operator.privateKey)
    const { post } = await runEpoch(oracle, epoch)
    await oracle.store.close()
    await datanet.anvil.settle()
    return post!
  }
  const agrees = async (epoch = 1): Promise<void> => {
    const verifier = await datanet.oracle('verifier')
    expect((await verifyEpoch(verifier, epoch, { tolerancePpm: 0 })).differences).to.deep.equal([])
    await verifier.store.close()
  }
  const reasons = async (post: Post): Promise<string[]> => {
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    return tables.screening.map(({ reason }) => reason)
  }

  it('leaves a withdrawn contribution out, and says why', async () => {
    const [first] = datanet.ids
    await (await registryOf(4).withdraw(first!, 1)).wait()
    const post = await run()
    expect(await reasons(post)).to.deep.equal(['WITHDRAWN', 'ACCEPTED', 'ACCEPTED'])
    const { decision, amount } = await explainContribution(datanet.content, post, BigInt(first!))
    expect([decision.detail, amount]).to.deep.equal(['taken back by its contributor', 0n])
    await agrees()
  })

  it('scores it in the epochs whose block is before the withdrawal', async () => {
    const first = await run()
    expect(await reasons(first)).to.deep.equal(['ACCEPTED', 'ACCEPTED', 'ACCEPTED'])
    await (await registryOf(4).withdraw(datanet.ids[0]!, 1)).wait()
    await datanet.anvil.settle()
    await agrees()
    await datanet.anvil.pass(WINDOW)
    const operator = await datanet.oracle('operator', datanet.operator.privateKey)
    await operator.poster!.finalize(first, 1)
    await operator.store.close()
    await datanet.anvil.pass(WEEK)
    await datanet.openEpoch(2)
    const second = await run(2)
    expect(await reasons(second)).to.deep.equal(['WITHDRAWN', 'ACCEPTED', 'ACCEPTED'])
    const { tables } = await readEpoch(datanet.content, second.dataDigest, second)
    expect(tables.weights.some(row => row.contributionId === BigInt(datanet.ids[0]!))).to.equal(false)
  })

  it('gives the place of a replaced contribution up to its successor', async () => {
    await datanet.contribute(4, [SOURCES.counter.replace('Counter', 'BetterCounter')])
    expect(await reasons(await run())).to.deep.equal(['ACCEPTED', 'ACCEPTED', 'NEAR_COPY', 'ACCEPTED'])
  })

  it('given the succession: counts the successor', async () => {
    await datanet.contribute(4, [SOURCES.counter.replace('Counter', 'BetterCounter')])
    const [old, , , successor] = datanet.ids
    await (await registryOf(4).succeed(old!, successor!, 1)).wait()
    expect(await reasons(await run())).to.deep.equal(['SUPERSEDED', 'ACCEPTED', 'ACCEPTED', 'ACCEPTED'])
    await agrees()
  })

  it('calls a later file the copy, however low the id of its contributor is', async () => {
    // account 4 has the lowest contributor index and copies what account 5 committed before
    await datanet.contribute(4, [SOURCES.ballot])
    const post = await run()
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    const copy = tables.screening.find(({ verdict }) => verdict === 'copy')
    expect([copy?.contributorIndex, copy?.representative]).to.deep.equal([0, BigInt(datanet.ids[2]!)])
  })

  it('publishes terms, parents, licences and decisions with the inputs', async () => {
    const owner = datanet.system.datanetRegistry
    const terms = { stakePerItem: 0n, purposes: 3, license: `0x${'0a'.repeat(32)}` as const }
    await (await owner.setTerms(1, terms)).wait()
    await (await owner.createDatanet('child', `0x${'00'.repeat(32)}`, 2)).wait()
    await (await owner.setParents(2, [1], [2500])).wait()
    await (await owner.decideBatch(2, 0, false)).wait()
    await (await registryOf(5).changeLicense(datanet.ids[2]!, 1, terms.license)).wait()
    const post = await run()
    const { inputs } = await readEpoch(datanet.content, post.dataDigest, post)
    const { register, version } = parseDocument(epochInputsDocument, 'epoch inputs', inputs)
    expect(version).to.equal(2)
    expect(register).to.deep.equal({
      datanets: [
        { datanetId: 1, policy: 'open' },
        { datanetId: 2, policy: 'curated' },
      ],
      terms: [{ datanetId: 1, version: 1, ...terms }],
      parents: [{ datanetId: 2, parents: [{ datanetId: 1, bps: 2500 }] }],
      decisions: [{ datanetId: 2, batchId: 0n, accepted: false }],
      withdrawals: [],
      licenses: [
        {
          contributorIndex: 1,
          firstContributionId: BigInt(datanet.ids[2]!),
          count: 1,
          license: terms.license,
        },
      ],
      successions: [],
    })
    await agrees()
  })

  it('given a batch of millions whose manifest nobody has: says so in one row', async () => {
    const digest = `0x${'07'.repeat(32)}`
    await (await registryOf(6).commitBatch(1, digest, 16_000_000, digest)).wait()
    const post = await run()
    const { tables } = await readEpoch(datanet.content, post.dataDigest, post)
    expect(tables.screening.map(({ reason, count }) => [reason, count]).at(-1)).to.deep.equal([
      'UNAVAILABLE',
      16_000_000,
    ])
    const last = (2n << 32n) + 15_999_999n
    expect((await explainContribution(datanet.content, post, last)).decision.reason).to.equal('UNAVAILABLE')
  })
})
