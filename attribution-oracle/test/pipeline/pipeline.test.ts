import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importCar } from '../../src/content'
import { claimsDocument, parseDocument, poolId, type EpochState, type Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import {
  explainContribution,
  publishedFiles,
  runEpoch,
  settleMerged,
  treeBuilder,
  verifyEpoch,
  type Operating,
} from '../../src/pipeline'
import { readEpoch } from '../../src/content'
import { publishEpoch } from '../../src/pipeline/publish'
import { rebuildEpoch } from '../../src/pipeline/rebuildEpoch'
import { Datanet, WINDOW } from '../scene/datanet'
import { SOURCES } from '../scene/sources'
import { postLie, steal } from '../scene/lie'

const EXACT = { tolerancePpm: 0 }
/** The operator's bit. */
const HONEST = 1
const EMISSION = 1_400_000n * 10n ** 18n
const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('pipeline on a real chain', function () {
  let datanet: Datanet
  let honest: Awaited<ReturnType<Datanet['oracle']>>
  let verifier: Awaited<ReturnType<Datanet['oracle']>>
  let post: Post

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot, SOURCES.counter.replaceAll('count', 'tally')])
    await datanet.contribute(6, [SOURCES.clock], false)
    const base = await datanet.model([0, 1, 2, 3])
    await datanet.model([2], { modelId: 1, manifest: base })
    // a builder who withholds a graph holds up nobody
    await datanet.model([0, 1, 2, 3], undefined, false)
    honest = await datanet.oracle('honest', datanet.operator.privateKey)
    verifier = await datanet.oracle('verifier', datanet.anvil.account(7).privateKey)
  })
  after(async () => {
    await honest?.store.close()
    await verifier?.store.close()
    await datanet?.stop()
  })

  it('refuses an epoch that is not open on chain', async () => {
    const fault = await faultOf(runEpoch(honest, 1))
    expect(isFault(fault, 'WRONG_STATE') && fault.data.epoch).to.equal(1)
    expect(await honest.store.state(1)).to.equal('open')
  })

  it('stops at settled without a key, and the same run with one posts it, once even when killed in between', async () => {
    await datanet.openEpoch(1)
    await datanet.buy(2, SOURCES.ballot, 10n ** 18n)
    await datanet.buy(1, SOURCES.purse, 10n ** 17n, false)
    await datanet.anvil.settle()
    const dry = await runEpoch({ ...honest, poster: undefined }, 1)
    expect([dry.state, dry.transaction]).to.deep.equal(['settled', undefined])
    // the process dies after the transaction went out and before the store knows of it
    const nonce = await datanet.operator.getNonce()
    const dying = { ...honest, store: killedBefore(honest.store, 'submitted') }
    expect(await faultOf(runEpoch(dying, 1))).to.be.instanceOf(Killed)
    const wet = await runEpoch(honest, 1)
    expect(await datanet.operator.getNonce()).to.equal(nonce + 1)
    expect(wet.state).to.equal('submitted')
    expect(wet.post).to.deep.equal(dry.post)
    post = wet.post!
  })

  it('does not send a second time', async () => {
    const nonce = await datanet.operator.getNonce()
    await runEpoch(honest, 1)
    await honest.poster!.post(post)
    expect(await datanet.operator.getNonce()).to.equal(nonce)
  })

  it('pays emissions by value and fees by usage, and nothing for copies, missing files and unexplained redemptions', async () => {
    const { tables } = await readEpoch(datanet.content, post.dataDigest)
    expect(tables.screening.map(row => row.reason)).to.deep.equal([
      'ACCEPTED',
      'ACCEPTED',
      'ACCEPTED',
      'NEAR_COPY',
      'UNAVAILABLE',
    ])
    expect(tables.manifest.map(row => [row.poolId, row.amount])).to.deep.equal([
      [poolId('datanet', 1), EMISSION],
      [poolId('model', 1), 0n],
      [poolId('model', 2), (10n ** 18n * 60n) / 100n],
    ])
    expect(tables.receipts.map(row => [row.modelId, row.accepted])).to.deep.equal([
      [2, true],
      [1, false],
    ])
    expect(tables.ledger[2]!.cumulative).to.equal(0n)
    expect(post.total).to.equal(EMISSION + (10n ** 18n * 60n) / 100n)
  })

  it('explains every contribution so that the parts add up to the total, to the wei', async () => {
    const { tables } = await readEpoch(datanet.content, post.dataDigest)
    let sum = 0n
    for (const { id } of tables.screening)
      sum += (await explainContribution(datanet.content, post, id)).amount
    expect(sum).to.equal(post.total)
  })

  it('agrees when recomputed from chain and content alone, and from a CAR', async () => {
    await datanet.anvil.settle()
    const report = await verifyEpoch(verifier, 1, EXACT)
    expect(report.differences).to.deep.equal([])
    expect(report.honest).to.deep.equal(post)
    const files = publishedFiles(honest.publishFolder, 1)
    expect(await importCar(datanet.content, await readFile(files.car))).to.equal(post.dataDigest)
  })

  it('gives the same bytes when it is killed after every step', async () => {
    for (const last of ['closed', 'scored', 'settled'] as EpochState[]) {
      const fragile = await datanet.oracle(`killed-${last}`)
      const block = { number: Number(post.blockNumber), hash: post.blockHash }
      const pinned = { ...fragile, chain: at(fragile, block) }
      const store = killedAfter(fragile.store, last)
      expect(await faultOf(runEpoch({ ...pinned, store }, 1))).to.be.instanceOf(Killed)
      expect(await fragile.store.state(1)).to.equal(last)
      const { post: again } = await runEpoch(pinned, 1)
      expect(again).to.deep.equal(post)
      await fragile.store.close()
    }
  })

  it('knows what two accounts would have earned as one', async () => {
    const split = await settleMerged(honest, post, new Map())
    const merged = await settleMerged(honest, post, new Map([[1, 0]]))
    expect(split.ledger.tree.root).to.equal(post.ledgerRoot)
    const [a, b] = split.ledger.leaves.map(leaf => leaf.cumulative)
    expect(merged.ledger.leaves.map(leaf => leaf.cumulative)).to.deep.equal([a! + b!, 0n, 0n])
  })

  it('can be finalized and claimed by the published file', async () => {
    const tooEarly = await faultOf(honest.poster!.finalize(post, HONEST))
    expect(isFault(tooEarly, 'CALL_REVERTED') && tooEarly.data.reason).to.match(/^AttributionOracle_TooEarly/)
    await datanet.anvil.pass(WINDOW)
    await honest.poster!.finalize(post, HONEST)
    await datanet.anvil.settle()
    expect((await runEpoch(honest, 1)).state).to.equal('final')
    const files = publishedFiles(honest.publishFolder, 1)
    const claims = parseDocument(claimsDocument, 'claims', await readFile(files.claims))
    const account = datanet.anvil.account(4).address
    const { index, cumulative, prefix, proof, epochAmount } = claims.accounts[account]!
    await (await datanet.system.rewardVault.claim(index, account, cumulative, prefix, proof)).wait()
    expect(await datanet.system.token.balanceOf(account)).to.equal(epochAmount)
    expect((await honest.store.earnings(account)).reduce((sum, { amount }) => sum + amount, 0n)).to.equal(
      epochAmount,
    )
  })

  it('publishes a ledger that is too large for one claims file without it, and all the rest as ever', async () => {
    const finalized = await verifier.chain.finalizedBlock()
    const { settled } = await rebuildEpoch(verifier, await verifier.chain.history(finalized.number), post)
    const folder = join(datanet.folder, 'large')
    await publishEpoch(settled, honest.system, datanet.content, folder, post.ledgerCount - 1)
    expect((await readdir(join(folder, 'epoch-1'))).sort()).to.deep.equal([
      'epoch.car',
      'post.json',
      'tree.bin',
    ])
    for (const kind of ['car', 'tree', 'proposal'] as const)
      expect(await readFile(publishedFiles(folder, 1)[kind])).to.deep.equal(
        await readFile(publishedFiles(honest.publishFolder, 1)[kind]),
      )
    await publishEpoch(settled, honest.system, datanet.content, folder, post.ledgerCount)
    expect(await readFile(publishedFiles(folder, 1).claims)).to.deep.equal(
      await readFile(publishedFiles(honest.publishFolder, 1).claims),
    )
  })

  describe('given a lie in the second epoch', () => {
    before(async () => {
      await datanet.anvil.pass(7 * 86_400)
      await datanet.openEpoch(2)
      await datanet.contribute(7, [SOURCES.clock])
      await datanet.anvil.settle()
    })

    it('names the first leaf that differs', async () => {
      const lying = await datanet.oracle('liar', datanet.liar.privateKey)
      await postLie(lying, 2, steal)
      await lying.store.close()
      await datanet.anvil.settle()
      const report = await verifyEpoch(verifier, 2, EXACT)
      expect(report.agrees).to.equal(false)
      expect([report.differences[0]?.part, report.differences[0]?.position]).to.deep.equal(['ledger', 0])
      expect(report.challenge?.kind).to.equal('increase')
    })

    it('strikes it down, slashes the liar, and posts the honest epoch', async () => {
      const { posted, challenge } = await verifyEpoch(verifier, 2, EXACT)
      await verifier.challenger!.challenge(posted.post, posted.signers, challenge!)
      const settled = await verifier.slashing!.settle(2, posted.signers)
      expect(settled.length).to.equal(1)
      expect(await verifier.slashing!.settle(2, posted.signers)).to.deep.equal([])
      expect(await datanet.system.operatorSet.bondOf(datanet.liar.address)).to.equal(0n)
      await datanet.anvil.settle()
      const outcome = await runEpoch(honest, 2)
      expect(outcome.state).to.equal('submitted')
      await datanet.anvil.settle()
      expect((await verifyEpoch(verifier, 2, EXACT)).differences).to.deep.equal([])
    })

    it('pays the second epoch on top of the first, and only what came in since', async () => {
      const second = (await runEpoch(honest, 2)).post!
      const { tables } = await readEpoch(datanet.content, second.dataDigest)
      expect(second.total - post.total).to.equal(EMISSION)
      expect(tables.manifest[0]!.cumulative).to.equal(2n * EMISSION)
      expect(second.ledgerCount).to.equal(4)
      const challenge = faultOf(
        verifier.challenger!.challenge(second, HONEST, {
          kind: 'total',
          last: { index: 3, ...tables.ledger[3]!, proof: await proofOf(honest, second, 3) },
        }),
      )
      expect(isFault(await challenge, 'CALL_REVERTED')).to.equal(true)
    })
  })
})

class Killed extends Error {}

type Advance = Operating['store']['advance']

/** A store whose process dies right after an epoch has reached `last`. */
function killedAfter(store: Operating['store'], last: EpochState): Operating['store'] {
  return withAdvance(store, async (...args) => {
    await store.advance(...args)
    if (args[2] === last) throw new Killed()
  })
}

/** A store whose process dies right before an epoch reaches `next`. */
function killedBefore(store: Operating['store'], next: EpochState): Operating['store'] {
  return withAdvance(store, async (...args) => {
    if (args[2] === next) throw new Killed()
    await store.advance(...args)
  })
}

function withAdvance(store: Operating['store'], advance: Advance): Operating['store'] {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = name === 'advance' ? advance : Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

/** The chain as it was when a block was the finalized one. */
function at(deps: Operating, block: { number: number; hash: `0x${string}` }): Operating['chain'] {
  return {
    finalizedBlock: () => Promise.resolve(block),
    blockAt: number => deps.chain.blockAt(number),
    expectBlock: ref => deps.chain.expectBlock(ref),
    history: (upTo, signal) => deps.chain.history(Math.min(upTo, block.number), signal),
  }
}

async function proofOf(deps: Operating, post: Post, index: number): Promise<`0x${string}`> {
  const { tables } = await readEpoch(deps.content, post.dataDigest)
  const { tree } = treeBuilder(deps.keccak, deps.system).ledger(tables.ledger)
  return `0x${Buffer.from(tree.proof(index)).toString('hex')}`
}
