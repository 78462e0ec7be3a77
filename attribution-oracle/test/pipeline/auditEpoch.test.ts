import { trainBpe } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { canonicalJson, parseDocument, type Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import { auditByRetraining, publishedAudit, runEpoch } from '../../src/pipeline'
import { Datanet, type OracleProcess } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const tokenizer = trainBpe(
  Object.values(SOURCES).map(text => Buffer.from(text)),
  { vocabSize: 280 },
)
const recipe = {
  causalLm: {
    vocabSize: tokenizer.vocabSize,
    width: 8,
    layers: 1,
    heads: 2,
    mlpWidth: 16,
    contextLength: 16,
  },
  training: {
    seed: 'base',
    steps: 10,
    batch: 4,
    learningRate: 1e-2,
    warmupSteps: 2,
    finalShare: 0.1,
    clipNorm: 1,
    weightDecay: 0,
    shards: 1,
  },
}

describe('the audit of an epoch', () => {
  let datanet: Datanet
  let oracle: OracleProcess
  let post: Post

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    // a copy: its contributor is nobody's equal, and takes no part
    await datanet.contribute(6, [SOURCES.counter])
    await datanet.model([0, 1, 2, 3], undefined, true, true, { tokenizer: tokenizer.toJson(), recipe })
    oracle = await datanet.oracle('operator', datanet.operator.privateKey)
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    post = (await runEpoch(oracle, 1)).post!
  })
  after(async () => {
    await oracle?.store.close()
    await datanet?.stop()
  })

  it('retrains every coalition of few contributors and publishes what came of it', async () => {
    const { audit, digest } = await auditByRetraining(oracle, post, { coalitions: 8 })
    expect(audit.coalitions).to.deep.equal(['00', '10', '01', '11'])
    expect(audit.contributors.map(({ contributor }) => contributor)).to.deep.equal(
      [4, 5].map(index => datanet.anvil.account(index).address),
    )
    expect(audit.contributors.reduce((sum, { paid }) => sum + paid, 0)).to.be.closeTo(1, 1e-9)
    const [none, first, second, both] = audit.losses as [number, number, number, number]
    const [one, two] = audit.contributors
    expect(one!.banzhaf).to.be.closeTo((none - first + second - both) / 2, 1e-12)
    expect(two!.banzhaf).to.be.closeTo((none - second + first - both) / 2, 1e-12)
    expect(none).to.be.above(both)
    const published = parseDocument(publishedAudit, 'audit', await oracle.content.get(digest))
    expect(canonicalJson(published)).to.equal(canonicalJson(audit))
    expect([published.epoch, published.seed]).to.deep.equal([1, post.blockHash])
  })

  it('comes out the same for anybody', async () => {
    const [one, again] = [
      await auditByRetraining(oracle, post, { coalitions: 4 }),
      await auditByRetraining({ ...oracle, workers: 3 }, post, { coalitions: 4 }),
    ].map(({ digest }) => digest)
    expect(again).to.equal(one)
  })

  it('refuses a manifest that does not say how its model was trained', async () => {
    const content = {
      ...oracle.content,
      get: async (...args: Parameters<typeof oracle.content.get>) => {
        const bytes = Buffer.from(await oracle.content.get(...args))
        return Buffer.from(bytes.toString('latin1').replace('"causalLm"', '"anotherLm"'), 'latin1')
      },
    }
    const fault = await auditByRetraining({ ...oracle, content }, post, { coalitions: 2 }).catch(
      (error: unknown) => error,
    )
    expect(isFault(fault, 'INVALID_DOCUMENT') && fault.data.issues.join()).to.contain('causalLm')
  })
})
