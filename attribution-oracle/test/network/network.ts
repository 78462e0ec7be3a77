import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  canonicalJson,
  type ChainHistory,
  type Post,
  type ScoreInput,
  type ScoreResult,
} from '../../src/domain'
import { settledPost } from '../../src/pipeline'
import { checkModel, scoreEpoch } from '../../src/scoring'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { FaultyRpc, type RpcFault } from '../scene/faultyRpc'
import { postLie, steal } from '../scene/lie'
import { Running, WordServer } from '../scene/service'
import { SOURCES } from '../scene/sources'
import { tinyScorer } from '../scene/tinyScorer'

export const OPERATORS = 10
const FAULTS = 3
/** The seat of whoever lies. */
export const LIAR = 1
/** Endpoints in front of the node; every operator has two of them. */
const ENDPOINTS = 3
const WEEK = 7 * 86_400

/** What providers do to an operator, one at a time. */
const RPC_FAULTS: readonly RpcFault[] = [
  { hang: true, times: 1 },
  { status: { code: 429, retryAfter: '1' }, times: 20 },
  { status: { code: 503 }, times: 30 },
  { body: 'garbage', times: 10 },
  { body: 'truncated', times: 10 },
  { reset: true, times: 10 },
  { chainId: 1, times: 40 },
  { lag: 3, times: 60 },
  { logs: { provider: 'alchemy', blocks: 10 }, times: 40 },
  { slowMs: 200, times: 30 },
]

/** Ten operators on one chain, each with a store, two RPC endpoints and an HTTP server of its own. */
export class Network {
  readonly lies: Post[] = []
  private readonly ids: number[] = []

  private constructor(
    readonly datanet: Datanet,
    readonly running: readonly Running[],
    private readonly servers: readonly WordServer[],
    private readonly endpoints: readonly FaultyRpc[],
    private readonly random: () => number,
  ) {}

  /** @param stores a location for each operator's store */
  static async start(stores: (i: number) => Promise<string>, random: () => number): Promise<Network> {
    const datanet = await Datanet.start(FAULTS, OPERATORS - 3)
    const endpoints: FaultyRpc[] = []
    for (let i = 0; i < ENDPOINTS; i++) endpoints.push(await FaultyRpc.before(datanet.anvil.url))
    const running: Running[] = []
    const servers: WordServer[] = []
    for (const [i, { privateKey }] of datanet.operators.entries()) {
      const rpcUrls = [0, 1].map(next => endpoints[(i + next) % ENDPOINTS]!.url)
      const store = await stores(i)
      const deps = await datanet.oracle(`operator-${i}`, privateKey, { rpcUrls, store, timeoutMs: 3_000 })
      running.push(new Running(`operator ${i}`, i === LIAR ? lying(deps) : { ...deps, ...SCORING }))
      servers.push(await WordServer.over(deps.publishFolder))
    }
    return new Network(datanet, running, servers, endpoints, random)
  }

  get honest(): Running[] {
    return this.running.filter((_, i) => i !== LIAR)
  }

  begin(): void {
    const peers = this.servers.map(({ url }) => url)
    for (const each of this.running) each.start({ peers, pollMs: 200, submissionDelayMs: 2_000 })
  }

  /** One epoch: life on chain, faults, perhaps a lie, until it is final for every honest operator. */
  async epoch(
    epoch: number,
    { real, lieIn }: { real: boolean; lieIn: (epoch: number) => boolean },
  ): Promise<void> {
    const { datanet } = this
    await this.live(epoch, real)
    // seats are given an epoch ahead
    if (lieIn(epoch + 1)) await this.trustTheLiar(epoch + 1)
    if (lieIn(epoch)) {
      const liar = await datanet.oracle(`lie-${epoch}`, datanet.operators[LIAR]!.privateKey)
      await datanet.openEpoch(epoch, 1)
      await this.lieAbout(epoch, { ...liar, ...SCORING }).finally(() => liar.store.close())
      await this.forgive(epoch + 1)
    } else {
      await datanet.openEpoch(epoch, 1)
      this.breakSomething()
    }
    await this.until(`epoch ${epoch} posted and verified`, () => this.agreed(epoch))
    await datanet.anvil.pass(WINDOW)
    await this.until(`epoch ${epoch} final`, () => this.allFinal(epoch))
    for (const endpoint of this.endpoints) endpoint.fault = {}
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

  private async live(epoch: number, real: boolean): Promise<void> {
    const { datanet, ids } = this
    const texts = Array.from({ length: 1 + this.roll(2) }, (_, i) => invented(epoch, i, this.random))
    // everybody once before anything is drawn: a lie takes from one account and gives to another
    await datanet.contribute(4 + (epoch <= 3 ? epoch - 1 : this.roll(3)), texts)
    ids.push(...texts.map((_, i) => ids.length + i))
    if (real) await datanet.model(ids, undefined, true, true, realModel())
    else await datanet.model(ids)
    if (epoch > 1 && !real) {
      const price = BigInt(1 + this.roll(1_000_000)) * 10n ** 12n
      await datanet.buy(1, SOURCES.ballot, price)
    }
  }

  private async lieAbout(epoch: number, liar: OracleProcess): Promise<void> {
    const { anvil, operators, system } = this.datanet
    await anvil.mine(4)
    this.lies.push(await postLie(liar, epoch, steal))
    const bond = (): Promise<bigint> => system.operatorSet.bondOf(operators[LIAR]!.address)
    await this.until(`the lie of epoch ${epoch} struck down and slashed`, async () => (await bond()) === 0n)
  }

  private breakSomething(): void {
    for (const endpoint of this.endpoints) endpoint.fault = {}
    const endpoint = this.endpoints[this.roll(ENDPOINTS)]!
    endpoint.fault = RPC_FAULTS[this.roll(RPC_FAULTS.length)]!
  }

  private async agreed(epoch: number): Promise<boolean> {
    const { deadline } = await this.datanet.system.attributionOracle.pending()
    return deadline !== 0n && this.honest.every(each => each.verified(epoch) === true)
  }

  private async allFinal(epoch: number): Promise<boolean> {
    const states = await Promise.all(this.honest.map(({ deps }) => deps.store.state(epoch)))
    return states.every(state => state === 'final')
  }

  /** Mines blocks, some of them late, and takes some of the newest back, until something holds. */
  private async until(what: string, holds: () => Promise<boolean>, patienceMs = 90_000): Promise<void> {
    const { anvil } = this.datanet
    for (const end = Date.now() + patienceMs; ;) {
      await anvil.mine(1)
      if (await holds()) return
      const broken = this.honest.find(({ failure }) => failure !== undefined)
      if (broken) throw broken.failure
      if (Date.now() > end) throw new Error(`not in time: ${what}\n${this.running.map(lastWords).join('\n')}`)
      if (this.roll(12) === 0) await anvil.provider.send('anvil_reorg', [1, []])
      await sleep(this.roll(15) === 0 ? 600 : 60)
    }
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

  async stop(): Promise<void> {
    await Promise.all(this.running.map(each => each.close()))
    for (const server of this.servers) await server.stop()
    for (const endpoint of this.endpoints) await endpoint.stop()
    await this.datanet.stop()
  }

  private roll(sides: number): number {
    return Math.floor(this.random() * sides)
  }
}

/** A real network is scored by the real scorer, everything else by the small one. */
const SCORING = {
  scoreEpoch: (input: ScoreInput): Promise<ScoreResult> => {
    const bytes = input.models.flatMap(({ links }) => links.flatMap(link => link.checkpoints))
    const real = bytes.length > 0 && bytes.every(each => checkModel(TOKENIZER.toJson(), each.bytes))
    return real ? scoreEpoch(input) : tinyScorer(input)
  },
}

/** It computes something else than the others, signs it, and posts nothing by itself. */
function lying(deps: OracleProcess): OracleProcess {
  const skim = async (input: ScoreInput): Promise<ScoreResult> => {
    const result = await SCORING.scoreEpoch(input)
    const value = [...result.value].map(([id, score], i): [bigint, number] => [
      id,
      i === 0 ? score / 2 : score,
    ])
    return { ...result, value: new Map(value) }
  }
  return { ...deps, scoreEpoch: skim, poster: undefined, challenger: undefined, slashing: undefined }
}

const BYTES = Object.values(SOURCES).map(text => Buffer.from(text))
const TOKENIZER = trainBpe(BYTES, { vocabSize: 300 })

function realModel(): { tokenizer: string; graph: Uint8Array } {
  const shape = { width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 64 }
  const config = { ...shape, vocabSize: TOKENIZER.vocabSize }
  const graph = encodeModel(forwardModel(config, initialWeights(config, 'network')))
  return { tokenizer: TOKENIZER.toJson(), graph }
}

/** A small contract: statements of many kinds in random order, so that few are copies of one another. */
function invented(epoch: number, i: number, random: () => number): string {
  const word = (): string => `v${Math.floor(random() * 2 ** 40).toString(36)}`
  const statement = (): string => STATEMENTS[Math.floor(random() * STATEMENTS.length)]!(word)
  const body = Array.from({ length: 24 }, () => `    ${statement()}`).join('\n')
  return `pragma solidity ^0.8.30;\ncontract C${epoch}n${i} {\n  uint48 internal start;\n  function ${word()}() public {\n${body}\n  }\n}`
}

const STATEMENTS: readonly ((word: () => string) => string)[] = [
  word => `if (${word()} > 3) ${word()} = start;`,
  word => `require(${word()} != ${word()}, "no");`,
  word => `for (uint256 i = 0; i < ${word()}.length; ++i) ${word()}[i] += 1;`,
  word => `emit ${word()}(msg.sender, block.timestamp);`,
  word => `unchecked { ++${word()}; }`,
  word => `delete ${word()}[${word()}];`,
  word => `(bool ok, ) = ${word()}.call(""); assert(ok);`,
  word => `${word()} = keccak256(abi.encode(${word()}, start));`,
  word => `while (${word()} < 9) ${word()} *= 2;`,
  word => `try ${word()}.${word()}() { start = 1; } catch { revert(); }`,
  word => `mapping(address => uint256) storage ${word()} = ${word()};`,
  word => `bytes32 ${word()} = bytes32(uint256(uint160(${word()})));`,
]

function lastWords({ name, events }: Running): string {
  const told = events.filter(
    ({ kind }) => !['blocks', 'cycle', 'stage', 'rpc', 'endpoint', 'indexed'].includes(kind),
  )
  return `${name}: ${JSON.stringify(told.slice(-3))}`
}
