import { canonicalJson, type ChainHistory, type Post } from '../../src/domain'
import { settledPost } from '../../src/pipeline'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { postLie, steal } from '../scene/lie'
import { Running, WordServer } from '../scene/service'
import { RpcTroubles } from './rpcTroubles'
import { lying, SCORING } from './scorers'
import { WorkTeam } from './workTeam'
import { World } from './world'

export const OPERATORS = 10
const FAULTS = 3
/** The seat of whoever lies. */
export const LIAR = 1
/** The seat of whoever has workers. */
export const EMPLOYER = 4
/** Endpoints in front of the node; every operator has two of them. */
const ENDPOINTS = 3
const WEEK = 7 * 86_400
const PATIENCE_MS = 180_000
const HEARTBEAT_MS = 3_000
/** What a reorganisation took is sent again after a tenth of it. */
const BUMP_MS = 20_000

/** What happens in an epoch beside what always happens. */
export interface Plan {
  /** it is scored by the real scorer, and a worker lies */
  real: boolean
  /** an operator lies */
  lie: boolean
  /** one lies in the next epoch */
  lieNext: boolean
}

/** Ten operators on one chain, each with a store, two RPC endpoints and an HTTP server of its own. */
export class Network {
  readonly lies: Post[] = []
  private heart: NodeJS.Timeout | undefined

  private constructor(
    readonly world: World,
    readonly running: readonly Running[],
    readonly troubles: RpcTroubles,
    /** absent where NATS is not installed */
    readonly team: WorkTeam | undefined,
    private readonly servers: readonly WordServer[],
  ) {}

  /** @param stores a location for each operator's store */
  static async start(stores: (i: number) => Promise<string>, random: () => number): Promise<Network> {
    const datanet = await Datanet.start(FAULTS, OPERATORS - 3)
    const world = new World(datanet, random)
    const troubles = await RpcTroubles.before(datanet.anvil.url, ENDPOINTS, sides => world.roll(sides))
    const team = await WorkTeam.start(`${datanet.folder}/content`)
    const running: Running[] = []
    const servers: WordServer[] = []
    for (const [i, { privateKey }] of datanet.operators.entries()) {
      const rpcUrls = [0, 1].map(next => troubles.endpoints[(i + next) % ENDPOINTS]!.url)
      const store = await stores(i)
      const at = { rpcUrls, store, timeoutMs: 3_000, bumpAfterMs: BUMP_MS }
      const deps = await datanet.oracle(`operator-${i}`, privateKey, at)
      const honest = { ...deps, ...SCORING, ...(i === EMPLOYER && team && { shards: team.runner }) }
      running.push(new Running(`operator ${i}`, i === LIAR ? lying(deps) : honest))
      servers.push(await WordServer.over(deps.publishFolder))
    }
    return new Network(world, running, troubles, team, servers)
  }

  get datanet(): Datanet {
    return this.world.datanet
  }

  get honest(): Running[] {
    return this.running.filter((_, i) => i !== LIAR)
  }

  begin(): void {
    // whoever waits for a transaction looks at new blocks only, and nobody else may be sending
    this.heart = setInterval(() => void this.datanet.anvil.mine(1).catch(() => undefined), HEARTBEAT_MS)
    const peers = this.servers.map(({ url }) => url)
    for (const each of this.running) each.start({ peers, pollMs: 200, submissionDelayMs: 2_000 })
  }

  /** One epoch: life on chain, faults, perhaps a lie, until it is final for every honest operator. */
  async epoch(epoch: number, { real, lie, lieNext }: Plan): Promise<void> {
    const { datanet, world, troubles } = this
    await world.live(epoch, real)
    if (real) await this.team?.infiltrate(`liar-${epoch}`)
    // seats are given an epoch ahead
    if (lieNext) await this.trustTheLiar(epoch + 1)
    await datanet.openEpoch(epoch, 1)
    if (lie) await this.lieAbout(epoch)
    await this.throughTrouble(`epoch ${epoch} posted and verified`, () => this.agreed(epoch))
    await datanet.anvil.pass(WINDOW)
    await this.throughTrouble(`epoch ${epoch} final`, () => this.allFinal(epoch))
    troubles.heal()
    await datanet.anvil.pass(WEEK)
  }

  /** In this epoch everybody's word alone is enough, and the liar has the first turn. */
  private async trustTheLiar(epoch: number): Promise<void> {
    const order = [...this.datanet.operators]
    const turn = epoch % OPERATORS
    ;[order[turn], order[LIAR]] = [order[LIAR]!, order[turn]!]
    await this.seat(order, 0, epoch)
  }

  /** The slashed liar bonds again, and from this epoch on it takes a quorum. */
  private async forgive(epoch: number): Promise<void> {
    const { system, operators } = this.datanet
    const liar = operators[LIAR]!
    const bond = await system.operatorSet.minimumBond()
    await (await system.token.transfer(liar.address, bond)).wait()
    await (await system.token.connect(liar).approve(system.operatorSet, bond)).wait()
    await (await system.operatorSet.connect(liar).bond(bond)).wait()
    await this.seat(operators, FAULTS, epoch)
  }

  private async seat(order: Datanet['operators'], faults: number, fromEpoch: number): Promise<void> {
    const { system, anvil } = this.datanet
    const governance = await anvil.impersonate(await system.timelock.getAddress())
    const addresses = order.map(({ address }) => address)
    const set = system.operatorSet.connect(governance)
    await (await set.setOperators(addresses, faults, fromEpoch)).wait()
  }

  private async lieAbout(epoch: number): Promise<void> {
    const { datanet } = this
    const { operators, system } = datanet
    const { address, privateKey } = operators[LIAR]!
    const liar: OracleProcess = { ...(await datanet.oracle(`lie-${epoch}`, privateKey)), ...SCORING }
    try {
      await datanet.anvil.mine(4)
      this.lies.push(await postLie(liar, epoch, steal))
    } finally {
      await liar.store.close()
    }
    const struck = async (): Promise<boolean> => (await system.operatorSet.bondOf(address)) === 0n
    await this.until(`the lie of epoch ${epoch} struck down and slashed`, struck)
    await this.forgive(epoch + 1)
  }

  private async agreed(epoch: number): Promise<boolean> {
    const { deadline } = await this.datanet.system.attributionOracle.pending()
    return deadline !== 0n && this.honest.every(each => each.verified(epoch) === true)
  }

  private async allFinal(epoch: number): Promise<boolean> {
    const states = await Promise.all(this.honest.map(({ deps }) => deps.store.state(epoch)))
    return states.every(state => state === 'final')
  }

  /** With the next kind of trouble at an endpoint. What is over before anybody asked that endpoint waits until somebody has. */
  private async throughTrouble(what: string, holds: () => Promise<boolean>): Promise<void> {
    this.troubles.begin()
    await this.until(what, async () => (await holds()) && this.troubles.felt)
  }

  /** Lets blocks come, and go, until something holds. */
  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await this.world.bury()
    for (const end = Date.now() + PATIENCE_MS; !(await holds()); await this.world.tick()) {
      const broken = this.honest.find(({ failure }) => failure !== undefined)
      if (broken) throw broken.failure
      if (Date.now() > end) throw new Error(`not in time: ${what}\n${this.running.map(lastWords).join('\n')}`)
    }
  }

  /** What the operators waited out, by step and code. */
  get failures(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { step, code } of this.running.flatMap(each => each.of('failed'))) {
      const what = `${step}: ${code}`
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    return new Map([...counts].sort(([, a], [, b]) => b - a))
  }

  /** As the first honest operator knows it. */
  async history(): Promise<ChainHistory> {
    const { chain } = this.running[0]!.deps
    return chain.history((await chain.finalizedBlock()).number)
  }

  /** The posts of an epoch that the honest operators computed, each once. */
  async computed(epoch: number): Promise<string[]> {
    const posts = await Promise.all(this.honest.map(({ deps }) => settledPost(deps, epoch)))
    return [...new Set(posts.map(post => canonicalJson(post)))]
  }

  /** Ends the services; their stores, and the chain, can still be looked at. */
  async rest(): Promise<void> {
    await Promise.all(this.running.map(each => each.stop()))
  }

  async stop(): Promise<void> {
    clearInterval(this.heart)
    await Promise.all(this.running.map(each => each.close()))
    for (const server of this.servers) await server.stop()
    await this.team?.stop()
    await this.troubles.stop()
    await this.datanet.stop()
  }
}

function lastWords({ name, events }: Running): string {
  const cycles = events.filter(({ kind }) => kind === 'cycle').length
  const told = events.filter(
    ({ kind }) => !['blocks', 'cycle', 'stage', 'rpc', 'endpoint', 'indexed'].includes(kind),
  )
  return `${name}, ${cycles} cycles: ${JSON.stringify(told.slice(-9))}`
}
