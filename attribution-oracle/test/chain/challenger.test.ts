import { expect } from 'chai'
import type { Challenge, Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import { runEpoch, verifyEpoch, type Operating } from '../../src/pipeline'
import { Datanet, WINDOW } from '../scene/datanet'
import { fitSums, postLie, steal, type Hidden, type Lie } from '../scene/lie'
import { SOURCES } from '../scene/sources'

const WEEK = 7 * 86_400
/** The liar is the second operator. */
const LIAR = 0b10

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
  [
    'entry',
    lie => {
      // a wei from one contributor to another, in the journal and the ledger alike
      const [from, to] = lie.journal
      from!.amount -= 1n
      to!.amount += 1n
      to!.prefix -= 1n
      lie.ledger[from!.contributorIndex]!.cumulative -= 1n
      lie.ledger[to!.contributorIndex]!.cumulative += 1n
      fitSums(lie)
    },
  ],
]

/** Ways to make a verifier stumble before it looks for evidence of a theft. */
const COVERS: [string, (hidden: Hidden) => void][] = [
  ['a false block hash', ({ post }) => (post.blockHash = `0x${'11'.repeat(32)}`)],
  ['block 0', ({ post }) => (post.blockNumber = 0)],
  ['block 2^63', ({ post }) => (post.blockNumber = 2n ** 63n)],
  [
    'a weight of an unknown contribution',
    ({ data: { tables } }) => {
      const poolId = tables.weights[0]!.poolId
      tables.weights = [...tables.weights, { poolId, contributionId: 999n, weight: 1n }]
    },
  ],
  [
    'a manifest that is not the posted one',
    ({ data: { tables } }) =>
      (tables.manifest = tables.manifest.map(leaf => ({ ...leaf, amount: leaf.amount + 1n }))),
  ],
  [
    'an amount that no leaf can hold',
    ({ data: { tables } }) =>
      (tables.manifest = tables.manifest.map(leaf => ({ ...leaf, amount: 10n ** 39n - 1n }))),
  ],
  ['withheld decisions', ({ withheld }) => withheld.push(3)],
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
    await first.poster!.finalize(post!, 1)
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
        await verifier.challenger!.challenge(lie, LIAR, report.challenge!)
        expect((await datanet.system.attributionOracle.pending()).deadline).to.equal(0n)
        const { operatorSet } = datanet.system
        expect(await operatorSet.isActive(datanet.liar.address)).to.equal(false)
        await verifier.slashing!.settle(2, LIAR)
        expect(await operatorSet.bondOf(datanet.liar.address)).to.equal(0n)
        // the same evidence a second time finds the transaction, and sends nothing
        expect((await verifier.challenger!.challenge(lie, LIAR, report.challenge!)).sent).to.equal(false)
      } finally {
        await liar.store.close()
        await verifier.store.close()
      }
    })
  }

  for (const [cover, hide] of COVERS) {
    it(`strikes down a theft behind ${cover}`, async () => {
      const liar = await datanet.oracle('liar', datanet.liar.privateKey)
      const verifier = await datanet.oracle('verifier', datanet.anvil.account(7).privateKey)
      try {
        // the decisions of the honest epoch would hide that they are withheld
        const lie = await postLie(liar, 2, steal, hidden => {
          const { tables } = hidden.data
          tables.screening = tables.screening.map(row => ({ ...row, detail: `${row.detail} (${cover})` }))
          hide(hidden)
        })
        await datanet.anvil.settle()
        const report = await verifyEpoch(verifier, 2, { tolerancePpm: 20 })
        expect(report.agrees).to.equal(false)
        expect(report.challenge?.kind).to.equal('increase')
        await verifier.challenger!.challenge(lie, LIAR, report.challenge!)
        expect((await datanet.system.attributionOracle.pending()).deadline).to.equal(0n)
      } finally {
        await liar.store.close()
        await verifier.store.close()
      }
    })
  }

  it('strikes a lie down that the guardian cancelled and that is posted again, word for word', async () => {
    const { attributionOracle } = datanet.system
    const verifier = await datanet.oracle('verifier', datanet.anvil.account(7).privateKey)
    const pinned = await verifier.chain.finalizedBlock()
    const postAgain = async (): Promise<Post> => {
      // a new store each time: the liar's own outbox would not post the same root twice
      const liar = await datanet.oracle('liar', datanet.liar.privateKey)
      const chain = { ...bound(liar.chain), finalizedBlock: () => Promise.resolve(pinned) }
      const lie = await postLie({ ...liar, chain }, 2, steal)
      await liar.store.close()
      await datanet.anvil.settle()
      return lie
    }
    try {
      const first = await postAgain()
      await (await attributionOracle.connect(datanet.manager).cancelPending()).wait()
      await datanet.anvil.settle()
      const gone = await verifyEpoch(verifier, 2, { tolerancePpm: 0 }).catch((error: unknown) => error)
      expect(isFault(gone, 'WRONG_STATE')).to.equal(true)
      expect(await postAgain()).to.deep.equal(first)
      const { challenge } = await verifyEpoch(verifier, 2, { tolerancePpm: 0 })
      expect((await verifier.challenger!.challenge(first, LIAR, challenge!)).sent).to.equal(true)
      expect((await attributionOracle.pending()).deadline).to.equal(0n)
    } finally {
      await verifier.store.close()
    }
  })

  it('given a slashed operator: its next post is refused, with the reason', async () => {
    const verifier = await datanet.oracle('verifier', datanet.anvil.account(7).privateKey)
    const liar = await datanet.oracle('liar', datanet.liar.privateKey)
    const lie = await postLie(liar, 2, steal)
    await datanet.anvil.settle()
    const { challenge } = await verifyEpoch(verifier, 2, { tolerancePpm: 0 })
    await verifier.challenger!.challenge(lie, LIAR, challenge!)
    await datanet.anvil.settle()
    await liar.store.outbox.archive(2, 'post')
    const refused = await liar.poster!.post(lie).catch((error: unknown) => error)
    expect(isFault(refused, 'WRONG_STATE') && refused.data.got).to.contain('slashed')
    expect(String(refused)).to.contain(datanet.liar.address)
    await liar.store.close()
    await verifier.store.close()
  })

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
      .challenger!.challenge(post!, 1, { kind: 'account', leaf })
      .catch((error: unknown) => error)
    expect(isFault(fault, 'CALL_REVERTED') && fault.data.reason).to.match(/^PostedTrees_NotInTree/)
    expect(await datanet.anvil.account(7).getNonce()).to.equal(nonce)
    await honest.store.close()
    await accuser.store.close()
  })
})

/** The chain as plain functions, so that one of them can be another. */
function bound(chain: Operating['chain']): Operating['chain'] {
  return {
    finalizedBlock: () => chain.finalizedBlock(),
    blockAt: number => chain.blockAt(number),
    expectBlock: block => chain.expectBlock(block),
    history: (upTo, signal) => chain.history(upTo, signal),
  }
}
