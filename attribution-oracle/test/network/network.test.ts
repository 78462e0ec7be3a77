import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { readEpoch } from '../../src/content'
import { canonicalJson, claimsDocument, parseDocument } from '../../src/domain'
import { publishedFiles } from '../../src/pipeline'
import { postgresPrograms, startPostgres, type Postgres } from '../scene/postgres'
import { LIAR, Network } from './network'

/** The whole run, `npm run test:network`, has 50. */
const EPOCHS = Number(process.env['NETWORK_EPOCHS'] ?? '6')
const SEED = Number(process.env['NETWORK_SEED'] ?? '1')
/** Scored by the real scorer, on a real graph. */
const REAL = 4
const lieIn = (epoch: number): boolean => epoch % 10 === 2 && epoch <= EPOCHS

describe(`a network of ten operators over ${EPOCHS} epochs, one of whom lies`, function () {
  this.timeout(1_200_000)
  let network: Network
  let postgres: Postgres | undefined

  before(async () => {
    if (postgresPrograms() !== undefined) postgres = await startPostgres()
    network = await Network.start(async () => (await postgres?.database()) ?? 'memory://', mulberry(SEED))
    network.begin()
  })
  after(async () => {
    await network?.stop()
    await postgres?.stop()
  })

  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    it(`epoch ${epoch} is final${lieIn(epoch) ? ', after a lie was struck down' : ''}`, async () => {
      await network.epoch(epoch, { real: epoch === REAL, lieIn })
      const computed = await network.computed(epoch)
      expect(computed, 'nine computations of their own').to.have.length(1)
      const { posts } = await network.history()
      const final = posts.filter(({ post, status }) => post.epoch === epoch && status === 'final')
      expect(final.map(({ post }) => canonicalJson(post))).to.deep.equal(computed)
    })
  }

  it('one of them was scored by the real scorer', async function () {
    if (EPOCHS < REAL) this.skip()
    const { posts } = await network.history()
    const { post } = posts.find(({ post: each, status }) => each.epoch === REAL && status === 'final')!
    const { header, tables } = await readEpoch(network.datanet.content, post.dataDigest)
    expect(header.scoring.engine.onnxruntime).to.match(/^\d+\./)
    expect(tables.scores.length).to.be.greaterThan(0)
  })

  it('every lie was challenged and slashed, and nothing else was', async () => {
    const { posts } = await network.history()
    const rejected = posts.filter(({ status }) => status === 'rejected')
    expect(rejected.map(({ post }) => canonicalJson(post))).to.deep.equal(
      network.lies.map(post => canonicalJson(post)),
    )
    const { operatorSet } = network.datanet.system
    const slashed = await operatorSet.queryFilter(operatorSet.filters.SlashSettled())
    const liar = network.datanet.operators[LIAR]!.address
    expect(slashed.map(({ args }) => args.operator)).to.deep.equal(network.lies.map(() => liar))
    for (const each of network.honest)
      expect(await operatorSet.isActive(each.deps.poster!.address)).to.equal(true)
  })

  it('the operator that signs something else is named by every other one, with the leaf', () => {
    const told = network.honest.map(each =>
      each.of('peer').find(({ state, reason }) => state === 'differs' && reason?.includes('leaf')),
    )
    expect(told.map(event => event?.reason?.startsWith('scores leaf 0'))).to.deep.equal(told.map(() => true))
  })

  it('every wei is accounted for: escrow, journals, vault and claims', async () => {
    const { system, anvil } = network.datanet
    const { post } = (await network.history()).posts.findLast(({ status }) => status === 'final')!
    expect(await system.rewardEscrow.totalReleased()).to.equal(post.total)
    const vault = await system.rewardVault.getAddress()
    expect(await system.token.balanceOf(vault)).to.equal(post.total)
    const [first] = network.honest
    const file = publishedFiles(first!.deps.publishFolder, post.epoch).claims
    const claims = parseDocument(claimsDocument, 'claims', await readFile(file))
    let claimed = 0n
    for (const [account, { index, cumulative, prefix, proof }] of Object.entries(claims.accounts)) {
      const earned = (await first!.deps.store.earnings(account)).reduce((sum, { amount }) => sum + amount, 0n)
      expect(earned).to.equal(cumulative)
      if (cumulative === 0n) continue
      const before = await system.token.balanceOf(account)
      await (await system.rewardVault.claim(index, account, cumulative, prefix, proof)).wait()
      expect((await system.token.balanceOf(account)) - before).to.equal(cumulative)
      claimed += cumulative
    }
    expect(claimed).to.equal(post.total)
    expect(await system.token.balanceOf(vault)).to.equal(0n)
    await anvil.mine(1)
  })
})

/** Numbers from 0 to 1 that a seed decides (Mulberry32, public domain, T. Ettinger). */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
