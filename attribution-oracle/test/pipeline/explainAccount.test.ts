import { expect } from 'chai'
import { isFault } from '../../src/errors'
import {
  accountText,
  CAUSES,
  contributionText,
  explainAccount,
  explainContribution,
  postOf,
  runEpoch,
  type AccountExplanation,
} from '../../src/pipeline'
import { poolId, type Post } from '../../src/domain'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { postLie } from '../scene/lie'
import { SOURCES } from '../scene/sources'

/** The operator's bit. */
const HONEST = 1
const FEE = 10n ** 18n

describe('explainAccount on a real chain', function () {
  let datanet: Datanet
  let operator: OracleProcess
  /** explains with nothing of its own but chain and content */
  let stranger: OracleProcess
  const account = (index: number): string => datanet.anvil.account(index).address
  const explain = async (index: number, epoch: number): Promise<AccountExplanation> =>
    explainAccount(stranger, await postOf(stranger, epoch), account(index))

  const post = async (epoch: number): Promise<Post> => {
    await datanet.anvil.settle()
    const { post: posted } = await runEpoch(operator, epoch)
    await datanet.anvil.settle()
    return posted!
  }

  before(async () => {
    datanet = await Datanet.start()
    operator = await datanet.oracle('operator', datanet.operator.privateKey)
    stranger = await datanet.oracle('stranger')
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot, SOURCES.counter.replaceAll('count', 'tally')])
    const base = await datanet.model([0, 1, 2, 3])
    await datanet.model([2], { modelId: 1, manifest: base })
    await datanet.openEpoch(1)
    await datanet.buy(2, SOURCES.ballot, FEE)
    await datanet.buy(2, SOURCES.purse, FEE / 10n, false)
    await datanet.anvil.settle()
    const first = await post(1)
    await datanet.anvil.pass(WINDOW)
    await operator.poster!.finalize(first, HONEST)
    await datanet.anvil.settle()
    await runEpoch(operator, 1)
    // of the second epoch: one file taken back, others new, a model that learned from them, twice the sales
    await datanet.anvil.pass(7 * 86_400)
    const registry = datanet.system.datanetRegistry
    await (await registry.connect(datanet.anvil.account(4)).withdraw(datanet.ids[0]!, 1)).wait()
    await datanet.contribute(6, [`${SOURCES.clock} contract Wall is Clock {}`])
    await datanet.model([0, 1, 2, 4])
    await datanet.openEpoch(2)
    await datanet.buy(2, SOURCES.ballot, 2n * FEE)
    await datanet.anvil.settle()
    await post(2)
  })
  after(async () => {
    await operator?.store.close()
    await stranger?.store.close()
    await datanet?.stop()
  })

  it('rebuilds what every account earned in both epochs, as the operator stored it', async () => {
    for (const index of [4, 5, 6]) {
      const stored = await operator.store.earnings(account(index))
      for (const epoch of index === 6 ? [2] : [1, 2]) {
        const { amount } = await explain(index, epoch)
        const earned = stored.filter(each => each.epoch === epoch)
        expect(amount).to.equal(earned.reduce((sum, each) => sum + each.amount, 0n))
        expect(amount > 0n).to.equal(true)
      }
    }
  })

  it('shows the pools of models with their sales, and the redemption that does not count', async () => {
    const { pools, status } = await explain(5, 1)
    expect(status).to.equal('final')
    const sold = pools.find(pool => pool.poolId === poolId('model', 2))!
    expect(sold.model?.baseModelId).to.equal(1)
    expect(sold.redemptions.map(({ amount, accepted }) => [amount, accepted])).to.deep.equal([
      [FEE, true],
      [FEE / 10n, false],
    ])
    expect(sold.redemptions[1]!.reason).to.not.equal('')
  })

  it('takes the difference to the epoch before apart, to the wei', async () => {
    expect((await explain(4, 1)).change).to.equal(null)
    for (const index of [4, 5, 6]) {
      const { change, amount } = await explain(index, 2)
      const before = index === 6 ? 0n : (await explain(index, 1)).amount
      expect(change!.difference).to.equal(amount - before)
      expect(CAUSES.reduce((sum, cause) => sum + change!.causes[cause], 0n)).to.equal(change!.difference)
    }
    const { causes, decisions } = (await explain(4, 2)).change!
    expect(causes.withdrawn < 0n).to.equal(true)
    expect(causes.posted).to.equal(0n)
    expect(decisions[0]?.after).to.equal('WITHDRAWN')
    expect((await explain(6, 2)).change!.causes.new > 0n).to.equal(true)
  })

  it('reads well', async () => {
    const text = accountText(await explain(4, 2))
    expect(text).to.match(/in epoch 2, whose post is pending/)
    expect(text).to.include('WITHDRAWN')
    expect(text).to.include('taken back by its contributor')
    expect(text).to.include('own contributions taken back or replaced')
    const { post: first } = await runEpoch(operator, 1)
    const copy = contributionText(
      await explainContribution(stranger.content, first!, BigInt(datanet.ids[3]!)),
    )
    expect(copy).to.match(/decision +NEAR_COPY: too similar/)
    expect(copy).to.match(new RegExp(`counts for +contribution ${datanet.ids[0]}\\b`))
    const paid = contributionText(
      await explainContribution(stranger.content, first!, BigInt(datanet.ids[1]!)),
    )
    expect(paid).to.match(/floor\(\d+ \* \d+ \/ 1000000000\) - floor\(\d+ \* \d+ \/ 1000000000\) = \d+/)
  })

  it('refuses to explain what was published but not posted', async () => {
    await datanet.anvil.pass(WINDOW)
    const { post: second } = await runEpoch(operator, 2)
    await operator.poster!.finalize(second!, HONEST)
    await datanet.anvil.pass(7 * 86_400)
    await datanet.openEpoch(3)
    await datanet.anvil.settle()
    const liar = await datanet.oracle('liar', datanet.liar.privateKey)
    await postLie(
      liar,
      3,
      () => undefined,
      ({ data }) => {
        const [first, ...rest] = data.tables.ledger
        data.tables.ledger = [{ ...first!, cumulative: first!.cumulative + 1n }, ...rest]
      },
    )
    await liar.store.close()
    await datanet.anvil.settle()
    const fault = await explain(4, 3).catch((error: unknown) => error)
    expect(isFault(fault, 'INVALID_DOCUMENT') && fault.data.format).to.equal('epoch ledger')
  })
})
