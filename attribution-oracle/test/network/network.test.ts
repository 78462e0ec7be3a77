import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEpoch } from '../../src/content'
import { canonicalJson, type Post } from '../../src/domain'
import { rebuildFromChain } from '../../src/pipeline'
import type { OracleProcess } from '../scene/datanet'
import { postgresPrograms, startPostgres, type Postgres } from '../scene/postgres'
import { balancesOf, claimAll, type Balance } from './accounts'
import { mulberry } from './chance'
import { closingTable, type Struck } from './closingTable'
import { EMPLOYER, LIAR, Network, type Plan } from './network'
import { TROUBLE_NAMES } from './rpcTroubles'

/** The whole run, `npm run test:network`, has 50. */
const EPOCHS = Number(process.env['NETWORK_EPOCHS'] ?? '6')
const SEED = Number(process.env['NETWORK_SEED'] ?? '1')
const lieIn = (epoch: number): boolean => epoch % 10 === 2 && epoch <= EPOCHS
const realIn = (epoch: number): boolean => epoch % 10 === 4 && epoch <= EPOCHS
const EPOCH_NUMBERS = Array.from({ length: EPOCHS }, (_, i) => i + 1)
const planOf = (epoch: number): Plan => ({
  real: realIn(epoch),
  lie: lieIn(epoch),
  lieNext: lieIn(epoch + 1),
})
const RESULTS = [
  ['closed', 'inputs'],
  ['scored', 'scored'],
  ['settled', 'post'],
] as const

describe(`a network of ten operators over ${EPOCHS} epochs, one of whom lies`, function () {
  this.timeout(1_800_000)
  // an epoch that does not become final holds up all that follow
  this.bail(true)
  let network: Network
  let postgres: Postgres | undefined
  let final: Post[]
  let struck: Struck[]
  let balances: Balance[]

  before(async () => {
    if (postgresPrograms() !== undefined) postgres = await startPostgres()
    network = await Network.start(async () => (await postgres?.database()) ?? 'memory://', mulberry(SEED))
    network.begin()
  })
  after(async () => {
    await network?.stop()
    await postgres?.stop()
  })

  for (const epoch of EPOCH_NUMBERS) {
    it(`epoch ${epoch} is final${lieIn(epoch) ? ', after a lie was struck down' : ''}`, async () => {
      await network.epoch(epoch, planOf(epoch))
      const computed = await network.computed(epoch)
      expect(computed, 'nine computations of their own').to.have.length(1)
      const { posts } = await network.history()
      final = posts.filter(({ status }) => status === 'final').map(({ post }) => post)
      expect(final.map(({ epoch: each }) => each)).to.deep.equal(EPOCH_NUMBERS.slice(0, epoch))
      expect(canonicalJson(final.at(-1))).to.equal(computed[0])
    })
  }

  it('every operator ends when it is asked to', async () => {
    await network.rest()
    expect(network.running.map(({ failure }) => failure)).to.deep.equal(network.running.map(() => undefined))
  })

  it('those with a real graph were scored by the real scorer', async () => {
    for (const { epoch, dataDigest } of final) {
      const { header, tables } = await readEpoch(network.datanet.content, dataDigest)
      expect(/^\d+\./.test(header.scoring.engine.onnxruntime), `epoch ${epoch}`).to.equal(realIn(epoch))
      expect(tables.scores.length).to.be.greaterThan(0)
    }
  })

  it('every lie was challenged and slashed, and nothing else was', async () => {
    const { posts } = await network.history()
    const rejected = posts.filter(({ status }) => status === 'rejected')
    expect(rejected.map(({ post }) => canonicalJson(post))).to.deep.equal(
      network.lies.map(post => canonicalJson(post)),
    )
    expect(network.lies.map(({ epoch }) => epoch)).to.deep.equal(EPOCH_NUMBERS.filter(lieIn))
    const { operatorSet } = network.datanet.system
    const slashed = await operatorSet.queryFilter(operatorSet.filters.SlashSettled())
    const liar = network.datanet.operators[LIAR]!.address
    expect(slashed.map(({ args }) => args.operator)).to.deep.equal(network.lies.map(() => liar))
    for (const each of network.honest)
      expect(await operatorSet.isActive(each.deps.poster!.address)).to.equal(true)
    struck = slashed.map(({ args: { challenger, burned, rewarded } }, i) => {
      const { epoch } = network.lies[i]!
      return { epoch, liar, challenger, burned, rewarded }
    })
  })

  it('the operator that signs something else is named by every other one, with the leaf', () => {
    const told = network.honest.map(each =>
      each.of('peer').find(({ state, reason }) => state === 'differs' && reason?.includes('leaf')),
    )
    expect(told.map(event => event?.reason?.startsWith('scores leaf 0'))).to.deep.equal(told.map(() => true))
  })

  it('every lying worker was found out and refused, and the others did the work', function () {
    const { team } = network
    if (!team || !EPOCH_NUMBERS.some(realIn)) return this.skip()
    expect(team.quarantined).to.deep.equal(EPOCH_NUMBERS.filter(realIn).map(epoch => `liar-${epoch}`))
    expect(team.shards.done + team.shards.checked).to.be.greaterThan(4 * team.liars.length)
    // its operator computed what it held against a lie, and nothing else
    expect(team.shards.own).to.be.at.most(4 * team.liars.length)
  })

  it('every kind of trouble with the RPC was had, and blocks came late and were taken back', function () {
    if (2 * EPOCHS < TROUBLE_NAMES.length) return this.skip()
    const spared = [...network.troubles.hurt].filter(([, requests]) => requests === 0)
    expect(spared).to.deep.equal([])
    for (const [what, count] of Object.entries(network.world.counts)) expect(count, what).to.be.greaterThan(0)
  })

  it('chain and content alone give every root, every result and every file again, byte for byte', async () => {
    const again = await network.datanet.oracle('rebuilt')
    try {
      const { epochs } = await rebuildFromChain(again)
      expect(epochs.map(({ ledgerRoot }) => ledgerRoot)).to.deep.equal(final.map(post => post.ledgerRoot))
      expect(epochs.every(({ rebuilt }) => rebuilt)).to.equal(true)
      for (const { deps } of [network.running[0]!, network.running[EMPLOYER]!]) await expectSame(deps, again)
    } finally {
      await again.store.close()
    }
  })

  it('every wei is accounted for: escrow, pools, journals, vault, claims, bonds and supply', async () => {
    const { deps } = network.honest[0]!
    const last = final.at(-1)!
    expect(await claimAll(network.datanet, deps, last)).to.be.greaterThan(2)
    balances = await balancesOf(network.datanet, deps, last)
    for (const { what, in: into, out } of balances)
      expect(
        Object.values(out).reduce((sum, each) => sum + each, 0n),
        what,
      ).to.equal(into)
    expect(balances.find(({ what }) => what.startsWith('vault'))!.out['held']).to.equal(0n)
  })

  it('and this is what it came to', async () => {
    console.log(`\n${await summary()}\n`)
  })

  async function expectSame(operator: OracleProcess, again: OracleProcess): Promise<void> {
    expect(await again.store.epochs()).to.deep.equal(await operator.store.epochs())
    for (const epoch of EPOCH_NUMBERS) {
      for (const [state, name] of RESULTS)
        expect(
          Buffer.compare(
            await again.store.result(epoch, state, name),
            await operator.store.result(epoch, state, name),
          ),
          `${name} of epoch ${epoch}`,
        ).to.equal(0)
      const folders = [again, operator].map(({ publishFolder }) => join(publishFolder, `epoch-${epoch}`))
      for (const file of await readdir(folders[0]!)) {
        const [ours, theirs] = await Promise.all(folders.map(folder => readFile(join(folder, file))))
        expect(Buffer.compare(ours!, theirs!), `${file} of epoch ${epoch}`).to.equal(0)
      }
    }
  }

  async function summary(): Promise<string> {
    const { operators, system, anvil } = network.datanet
    const nameOf = (address: string): string =>
      `operator ${operators.findIndex(each => each.address === address)}`
    const { posts } = await network.history()
    const finals = await system.attributionOracle.queryFilter(
      system.attributionOracle.filters.RootFinalized(),
    )
    const finalizers = await Promise.all(finals.map(async event => (await event.getTransaction()).from))
    const shards = Object.entries(network.team?.shards ?? {})
    return closingTable({
      epochs: final.length,
      world: {
        blocks: await anvil.provider.getBlockNumber(),
        ...network.world.counts,
        ...Object.fromEntries(
          [...network.troubles.hurt].map(([name, requests]) => [`requests hurt by ${name}`, requests]),
        ),
        ...Object.fromEntries(shards.map(([what, count]) => [`shards by workers: ${what}`, count])),
        'lying workers found out': network.team?.quarantined.length ?? 0,
        ...Object.fromEntries([...network.failures].map(([what, count]) => [`waited out, ${what}`, count])),
      },
      operators: operators.map(({ address }, i) => ({
        name: `operator ${i}`,
        posted: posts.filter(({ poster, status }) => poster === address && status === 'final').length,
        finalized: finalizers.filter(each => each === address).length,
      })),
      struck: struck.map(each => ({
        ...each,
        liar: nameOf(each.liar),
        challenger: nameOf(each.challenger),
      })),
      balances,
    })
  }
})
