import { expect } from 'chai'
import type { Challenge } from '../../src/domain'
import { isFault } from '../../src/errors'
import { runEpoch, verifyEpoch } from '../../src/pipeline'
import { Datanet, WINDOW } from '../scene/datanet'
import { fitSums, postLie, steal, type Lie } from '../scene/lie'
import { SOURCES } from '../scene/sources'

const WEEK = 7 * 86_400

/** One lie per kind of evidence, told about the second epoch of a datanet with three contributors. */
const LIES: [Challenge['kind'], (lie: Lie) => void][] = [
  ['account', ({ ledger }) => (ledger[1]!.account = ledger[0]!.account)],
  ['firstPrefix', ({ ledger }) => (ledger[0]!.prefix = 1n)],
  ['prefix', ({ ledger }) => (ledger[2]!.prefix += 1n)],
  [
    'fallen',
    lie => {
      lie.ledger[1]!.cumulative = 1n
      fitSums(lie)
    },
  ],
  ['total', lie => (lie.total -= 1n)],
  ['increase', steal],
  ['journalLeaf', ({ journal }) => (journal[0]!.amount = 0n)],
  ['journalOrder', ({ journal }) => (journal[1]!.prefix += 1n)],
  ['journalTotal', ({ journal }) => (journal.at(-1)!.amount += 1n)],
  ['pool', ({ manifest }) => (manifest[0]!.cumulative *= 2n)],
]

describe('Challenger', () => {
  let datanet: Datanet
  let fork: string

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.contribute(6, [SOURCES.purse])
    await datanet.model([0, 1, 2])
    await datanet.openEpoch(1)
    await datanet.buy(1, SOURCES.ballot, 10n ** 18n)
    await datanet.anvil.settle()
    const first = await datanet.oracle('first', datanet.operator.privateKey)
    const { post } = await runEpoch(first, 1)
    await datanet.anvil.pass(WINDOW)
    await first.poster!.finalize(post!)
    await first.store.close()
    await datanet.anvil.pass(WEEK)
    await datanet.openEpoch(2)
    await datanet.anvil.settle()
  })
  beforeEach(async () => {
    fork = (await datanet.anvil.provider.send('evm_snapshot', [])) as string
  })
  afterEach(() => datanet.anvil.provider.send('evm_revert', [fork]))
  after(() => datanet?.stop())

  for (const [kind, tell] of LIES) {
    it(`strikes down a lie of the kind "${kind}"`, async () => {
      const liar = await datanet.oracle('liar', datanet.liar.privateKey)
      const verifier = await datanet.oracle('verifier', datanet.anvil.account(7).privateKey)
      try {
        const lie = await postLie(liar, 2, tell)
        await datanet.anvil.settle()
        const report = await verifyEpoch(verifier, 2, { tolerancePpm: 0 })
        expect(report.agrees).to.equal(false)
        expect(report.challenge?.kind).to.equal(kind)
        await verifier.challenger!.challenge(lie, report.challenge!)
        expect((await datanet.system.attributionOracle.pending()).deadline).to.equal(0n)
        expect(await datanet.system.operatorSet.bondOf(datanet.liar.address)).to.equal(0n)
        // the same evidence a second time finds the transaction, and sends nothing
        expect((await verifier.challenger!.challenge(lie, report.challenge!)).sent).to.equal(false)
      } finally {
        await liar.store.close()
        await verifier.store.close()
      }
    })
  }

  it('never sends evidence that proves nothing', async () => {
    const honest = await datanet.oracle('honest', datanet.operator.privateKey)
    const accuser = await datanet.oracle('accuser', datanet.anvil.account(7).privateKey)
    const { post } = await runEpoch(honest, 2)
    await datanet.anvil.settle()
    const nonce = await datanet.anvil.account(7).getNonce()
    const leaf = {
      index: 0,
      account: datanet.operator.address,
      cumulative: 0n,
      prefix: 0n,
      proof: '0x',
    } as const
    const fault = await accuser
      .challenger!.challenge(post!, { kind: 'account', leaf })
      .catch((error: unknown) => error)
    expect(isFault(fault, 'CALL_REVERTED') && fault.data.reason).to.match(/^FraudProofs_NotInTree/)
    expect(await datanet.anvil.account(7).getNonce()).to.equal(nonce)
    await honest.store.close()
    await accuser.store.close()
  })
})
