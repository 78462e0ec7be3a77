import { expect } from 'chai'
import { ContentStoreError } from '@open-datanets/content-store'
import type { BlockRef, ContentStore, Post } from '../../src/domain'
import { runEpoch } from '../../src/pipeline'
import { Datanet, WINDOW } from '../scene/datanet'
import { FaultyRpc } from '../scene/faultyRpc'
import { postLie, steal, type Hidden } from '../scene/lie'
import { storeFault } from '../../src/store/storeFault'
import { finalEpoch, Running, until } from '../scene/service'
import { SOURCES } from '../scene/sources'

const CLOSING = 2

describe('runService, a verifier', () => {
  let datanet: Datanet
  let fork: string
  const open: Running[] = []
  let rpc: FaultyRpc | undefined

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1])
    await datanet.openEpoch(1, CLOSING)
    await datanet.anvil.settle()
  })
  beforeEach(async () => {
    fork = (await datanet.anvil.provider.send('evm_snapshot', [])) as string
  })
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
    await rpc?.stop()
    rpc = undefined
    await datanet.anvil.provider.send('evm_revert', [fork])
  })
  after(() => datanet?.stop())

  const process = async (name: string, key?: string): Promise<Running> => {
    const running = new Running(name, await datanet.oracle(name, key))
    open.push(running)
    return running
  }
  const lie = async (hide?: (hidden: Hidden) => void): Promise<Post> => {
    const liar = await datanet.oracle('liar', datanet.liar.privateKey)
    const post = await postLie(liar, 1, steal, hide)
    await liar.store.close()
    return post
  }
  const deadline = async (): Promise<bigint> => (await datanet.system.attributionOracle.pending()).deadline

  it('strikes a lie down by itself, settles the slash, and the honest epoch becomes final', async () => {
    const verifier = await process('verifier', datanet.anvil.account(7).privateKey)
    const operator = await process('operator', datanet.operator.privateKey)
    await lie()
    verifier.start({ mode: 'verifier', submissionDelayMs: 1 })
    const struck = (): boolean => verifier.of('challenge').some(({ sent }) => sent)
    await until(datanet, [verifier], 'struck down', struck)
    const first = verifier.of('verified')[0]!
    expect([first.agrees, first.part]).to.deep.equal([false, 'ledger leaf 0'])
    expect(verifier.of('challenge').map(({ proof }) => proof)).to.deep.equal(['increase'])
    const { operatorSet } = datanet.system
    const paid = async (): Promise<boolean> => (await operatorSet.bondOf(datanet.liar.address)) === 0n
    await until(datanet, [verifier], 'slashed', paid)
    expect(await operatorSet.rewardOf(datanet.anvil.account(7).address)).to.not.equal(0n)
    operator.start()
    await finalEpoch(datanet, [operator, verifier], 1)
    const { posts } = await operator.deps.chain.history((await operator.deps.chain.finalizedBlock()).number)
    expect(posts.map(({ status, poster }) => [status, poster])).to.deep.equal([
      ['rejected', datanet.liar.address],
      ['final', datanet.operator.address],
    ])
  })

  it('in a dry run prints the command, and sends nothing', async () => {
    const verifier = await process('dry')
    await lie()
    verifier.start({ mode: 'verifier' })
    await until(datanet, [verifier], 'told', () => verifier.of('challenge').length > 0)
    expect(verifier.of('challenge')).to.deep.equal([
      {
        kind: 'challenge',
        epoch: 1,
        proof: 'increase',
        sent: false,
        command: 'attribution-oracle epoch challenge -e 1 --confirm',
      },
    ])
    expect(await deadline()).to.not.equal(0n)
  })

  it('demands the pages that a liar withholds, and strikes the post down when nobody shows them', async () => {
    const verifier = await process('verifier', datanet.anvil.account(7).privateKey)
    // nothing but the root of the data is published: there is no leaf to prove anything with
    await lie(hidden => {
      const { tables } = hidden.data
      tables.ledger = tables.ledger.map(row => ({ ...row, account: datanet.liar.address }))
      tables.journal = tables.journal.map(row => ({ ...row, prefix: row.prefix + 1n }))
      tables.manifest = tables.manifest.map(row => ({ ...row, leafCount: row.leafCount + 1 }))
      tables.settlement = []
    })
    verifier.start({ mode: 'verifier', submissionDelayMs: 1 })
    const demanded = (): boolean =>
      verifier.of('challenge').some(({ proof }) => proof.startsWith('demand of'))
    await until(datanet, [verifier], 'demanded', demanded)
    expect(await datanet.system.attributionOracle.openDemands()).to.not.equal(0n)
    await datanet.anvil.pass(WINDOW / 4 + 1)
    const struck = (): boolean =>
      verifier.of('challenge').some(({ proof }) => /^unrevealed page 0 of the /.test(proof))
    await until(datanet, [verifier], 'struck down', struck)
    expect(await deadline()).to.equal(0n)
  })

  it('agrees with an honest post after all when its data comes late', async () => {
    const operator = await process('operator', datanet.operator.privateKey)
    operator.start({ submissionDelayMs: 1 })
    await until(datanet, [operator], 'posted', () => operator.verified(1) === true)
    await operator.stop()
    const { dataDigest } = (await runEpoch({ ...operator.deps, poster: undefined }, 1)).post!
    const verifier = await process('verifier')
    const { content } = verifier.deps
    let late = true
    const get: ContentStore['get'] = (digest, most) =>
      late && digest === dataDigest
        ? Promise.reject(new ContentStoreError('CONTENT_MISSING', { digest, path: 'here' }))
        : content.get(digest, most)
    const behind = new Running('behind', { ...verifier.deps, content: { ...bound(content), get } })
    // who samples settles nothing, and needs what was published
    behind.start({ mode: 'verifier', verifyShare: 0.5 })
    await until(datanet, [behind], 'looked', () => behind.verified(1) === false)
    late = false
    await until(datanet, [behind], 'looked again', () => behind.verified(1) === true)
    await behind.stop()
    expect(behind.of('verified').map(({ agrees }) => agrees)).to.deep.equal([false, true])
  })

  it('an operator shows the pages that somebody demands of its post', async () => {
    const operator = await process('operator', datanet.operator.privateKey)
    operator.start({ submissionDelayMs: 1 })
    await until(datanet, [operator], 'posted', () => operator.verified(1) === true)
    const [record] = (await operator.deps.chain.history((await operator.deps.chain.finalizedBlock()).number))
      .posts
    const nosy = await datanet.oracle('nosy', datanet.anvil.account(7).privateKey)
    for (const tree of ['ledger', 'journal', 'manifest'] as const)
      await nosy.challenger!.demand(record!.post, record!.signers, { tree, number: 0n, pool: undefined })
    await nosy.store.close()
    const { attributionOracle } = datanet.system
    expect(await attributionOracle.openDemands()).to.equal(3n)
    await until(datanet, [operator], 'shown', async () => (await attributionOracle.openDemands()) === 0n)
    await finalEpoch(datanet, [operator], 1)
  })

  it('an operator posts again, with a new word, what the guardian has cancelled', async () => {
    const operator = await process('operator', datanet.operator.privateKey)
    operator.start({ submissionDelayMs: 1 })
    await until(datanet, [operator], 'posted', () => operator.verified(1) === true)
    const { attributionOracle } = datanet.system
    const settled = await operator.deps.store.result(1, 'closed', 'inputs')
    await (await attributionOracle.connect(datanet.manager).cancelPending()).wait()
    const statuses = async (): Promise<string[]> => {
      const { posts } = await operator.deps.chain.history((await operator.deps.chain.finalizedBlock()).number)
      return posts.map(({ status }) => status)
    }
    const again = async (): Promise<boolean> => (await statuses()).join() === 'cancelled,pending'
    await until(datanet, [operator], 'posted again', again)
    await finalEpoch(datanet, [operator], 1)
    expect(await statuses()).to.deep.equal(['cancelled', 'final'])
    expect(await operator.deps.store.result(1, 'closed', 'inputs')).to.deep.equal(settled)
    expect(await datanet.system.operatorSet.isActive(datanet.operator.address)).to.equal(true)
  })

  it('holds a post against the rule that pins its block', async () => {
    const liar = await datanet.oracle('early', datanet.liar.privateKey)
    const opened = (await liar.chain.history((await liar.chain.finalizedBlock()).number)).openings.get(1)!
    const early = opened.blockNumber + CLOSING - 1
    // honest in every leaf, of a block that leaves out what came in one block later
    const chain = {
      finalizedBlock: () => liar.chain.blockAt(early),
      blockAt: () => liar.chain.blockAt(early),
      expectBlock: (block: BlockRef) => liar.chain.expectBlock(block),
      history: (upTo: number) => liar.chain.history(upTo),
    }
    const content = { ...bound(liar.content), get: withoutRule(liar.content) }
    await liar.poster!.post((await runEpoch({ ...liar, chain, content, poster: undefined }, 1)).post!)
    await liar.store.close()
    const verifier = await process('verifier', datanet.anvil.account(7).privateKey)
    verifier.start({ mode: 'verifier' })
    await until(datanet, [verifier], 'verified', () => verifier.verified(1) !== undefined)
    expect(verifier.of('verified')).to.deep.equal([
      {
        kind: 'verified',
        epoch: 1,
        agrees: false,
        part: 'post.blockNumber',
        got: String(early),
        expected: String(early + 1),
      },
    ])
    // no sum is wrong: a person has to look
    const told = (): boolean => verifier.of('epoch').some(({ reason }) => reason?.includes('guardian'))
    await until(datanet, [verifier], 'told', told)
    expect(verifier.of('challenge')).to.deep.equal([])
  })

  it('waits while another process has the key, takes over when that one ends, and asks again for a lock that it lost', async () => {
    const first = await process('first', datanet.operator.privateKey)
    const { store } = first.deps
    first.start()
    await until(datanet, [first], 'running', () => first.of('cycle').length > 0)
    const gone = new AbortController()
    let taken = 0
    const lock = async () => {
      const lock = await store.lock('poster')
      return lock && (taken++ === 0 ? { ...lock, lost: gone.signal } : lock)
    }
    const second = new Running('second', { ...first.deps, lock })
    const held = await store.lock('poster')
    second.start()
    await until(datanet, [first], 'refused', () => second.of('failed').length > 0)
    expect(second.of('failed').map(({ step, code }) => [step, code])[0]).to.deep.equal([
      'lock',
      'STORE_LOCKED',
    ])
    expect(second.state.ready().ready).to.equal(false)
    await first.stop()
    await held!.release()
    await until(
      datanet,
      [second],
      'taken over',
      () => second.of('stage').length + second.of('epoch').length > 0,
    )
    expect(second.of('failed').map(({ code }) => code)).to.not.include('STORE_UNREACHABLE')
    gone.abort(storeFault(new Error('Connection terminated'), 'database.example'))
    await until(datanet, [second], 'taken again', () => taken === 2)
    expect(second.of('failed').at(-1)).to.include({ step: 'lock', code: 'STORE_UNREACHABLE', retryIn: 0 })
    await second.stop()
    expect(await store.lock('poster'), 'released').to.not.equal(undefined)
  })

  it('goes on by itself after the RPC was away, and says why it is not ready meanwhile', async () => {
    rpc = await FaultyRpc.before(datanet.anvil.url)
    const operator = new Running(
      'operator',
      await datanet.oracle('operator', datanet.operator.privateKey, {
        rpcUrls: [rpc.url],
        patienceMs: 1_000,
      }),
    )
    open.push(operator)
    operator.start()
    await until(datanet, [operator], 'posted', () => operator.verified(1) === true)
    rpc.fault = { status: { code: 503 } }
    await until(datanet, [operator], 'told', () => operator.of('failed').length > 0)
    const { ready, reasons } = operator.state.ready()
    expect([ready, reasons.join()]).to.satisfy(
      ([is, why]: [boolean, string]) => !is && why.includes('RPC_FAILED'),
    )
    expect(JSON.stringify(operator.events)).to.not.include(rpc.url)
    await datanet.anvil.pass(WINDOW)
    rpc.fault = {}
    const final = async (): Promise<boolean> => (await operator.deps.store.state(1)) === 'final'
    await until(datanet, [operator], 'final', final)
    expect(operator.state.ready()).to.deep.equal({ ready: true, reasons: [] })
  })
})

function bound(content: ContentStore): ContentStore {
  return {
    has: digest => content.has(digest),
    get: (digest, most) => content.get(digest, most),
    put: bytes => content.put(bytes),
  }
}

/** The configuration as if it had no rule. */
function withoutRule(content: ContentStore): ContentStore['get'] {
  return async (digest, most) => {
    const bytes = await content.get(digest, most)
    const text = Buffer.from(bytes).toString()
    return text.includes('"closing"') ? Buffer.from(text.replace(/"closing":\{[^}]*\},/, '')) : bytes
  }
}
