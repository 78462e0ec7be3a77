import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainHistory, ServiceEvent } from '../../src/domain'
import { publishedFiles } from '../../src/pipeline'
import { createServiceState, runService, type ServiceOptions, type ServiceState } from '../../src/service'
import { Datanet, WINDOW, type OracleProcess } from './datanet'
import { SOURCES } from './sources'

type EventOf<K extends ServiceEvent['kind']> = Extract<ServiceEvent, { kind: K }>

/** A real HTTP server in front of a publish folder, in the shape in which operators poll each other. */
export class WordServer {
  private constructor(private readonly server: Server) {}

  static async over(folder: string): Promise<WordServer> {
    const server = createServer((request, response) => {
      const epoch = /^\/v1\/epochs\/(\d+)\/attestations$/.exec(request.url ?? '')?.[1]
      const answer = epoch === undefined ? undefined : wordsOf(folder, Number(epoch))
      void Promise.resolve(answer).then(found => {
        if (!found) return response.writeHead(404).end()
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new WordServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}

async function wordsOf(folder: string, epoch: number): Promise<object | undefined> {
  const { proposal } = publishedFiles(folder, epoch)
  const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
  try {
    const names = await readdir(dirname(proposal))
    const words = names.filter(name => name.startsWith('attestation-') && name.endsWith('.json'))
    const attestations = await Promise.all(words.map(name => json(`${dirname(proposal)}/${name}`)))
    return { epoch, post: await json(proposal), attestations }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A service that runs in this process, with all that it told. */
export class Running {
  readonly events: ServiceEvent[] = []
  readonly state: ServiceState = createServiceState()
  failure: unknown
  private readonly abort = new AbortController()
  private ended: Promise<void> = Promise.resolve()

  constructor(
    readonly name: string,
    readonly deps: OracleProcess,
  ) {}

  start(options: Partial<ServiceOptions> = {}): this {
    this.ended = runService(this.deps, {
      mode: 'operator',
      once: false,
      pollMs: 40,
      submissionDelayMs: 2_000,
      peers: [],
      challenge: true,
      tolerancePpm: 20,
      verifyShare: 1,
      signal: this.abort.signal,
      observe: event => {
        this.events.push(event)
        this.state.observe(event)
      },
      ...options,
    }).catch((error: unknown) => void (this.failure = error))
    return this
  }

  of<K extends ServiceEvent['kind']>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind)
  }

  verified(epoch: number): boolean | undefined {
    return this.of('verified').findLast(event => event.epoch === epoch)?.agrees
  }

  async stop(): Promise<void> {
    this.abort.abort()
    await this.ended
  }

  async close(): Promise<void> {
    await this.stop()
    await this.deps.store.close()
  }
}

/** Mines blocks until something holds. @throws when it does not hold in time, with what the services told last */
export async function until(
  datanet: Datanet,
  running: readonly Running[],
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = 60_000,
): Promise<void> {
  for (const end = Date.now() + patienceMs; ;) {
    await datanet.anvil.mine(1)
    if (await holds()) return
    const broken = running.find(({ failure }) => failure !== undefined)
    if (broken) throw broken.failure
    if (Date.now() > end) throw new Error(`not in time: ${what}\n${running.map(lastWords).join('\n')}`)
    await sleep(30)
  }
}

function lastWords({ name, events }: Running): string {
  const told = events.filter(({ kind }) => kind !== 'blocks' && kind !== 'cycle' && kind !== 'stage')
  return `${name}: ${JSON.stringify(told.slice(-4))}`
}

/** Waits for a post that all agree with, lets its window pass, and waits until it is final for all. */
export async function finalEpoch(
  datanet: Datanet,
  running: readonly Running[],
  epoch: number,
): Promise<void> {
  const agreed = (): boolean => running.every(each => each.verified(epoch) === true)
  await until(datanet, running, `epoch ${epoch} posted and verified`, agreed)
  await datanet.anvil.pass(WINDOW)
  const final = async (): Promise<boolean> => {
    const states = await Promise.all(running.map(({ deps }) => deps.store.state(epoch)))
    return states.every(state => state === 'final')
  }
  await until(datanet, running, `epoch ${epoch} final`, final)
}

/** Transactions of an account to the oracle contract, by their function, reverted ones included. */
export async function sentTo(
  datanet: Datanet,
  from: readonly string[],
): Promise<{ name: string; ok: boolean }[]> {
  const { provider } = datanet.anvil
  const { attributionOracle } = datanet.system
  const oracle = (await attributionOracle.getAddress()).toLowerCase()
  const sent: { name: string; ok: boolean }[] = []
  for (let number = 0; number <= (await provider.getBlockNumber()); number++) {
    const block = await provider.getBlock(number, true)
    for (const transaction of block?.prefetchedTransactions ?? []) {
      if (transaction.to?.toLowerCase() !== oracle || !from.includes(transaction.from)) continue
      const name = attributionOracle.interface.parseTransaction(transaction)?.name ?? 'unknown'
      const receipt = await provider.getTransactionReceipt(transaction.hash)
      sent.push({ name, ok: receipt?.status === 1 })
    }
  }
  return sent
}

/** Operators that poll each other over HTTP. */
export class Team {
  private constructor(
    readonly datanet: Datanet,
    readonly running: readonly Running[],
    readonly servers: readonly WordServer[],
    readonly addresses: readonly string[],
  ) {}

  /** @param corrupt what becomes of the operator at a position */
  static async start(
    faults: number,
    count: number,
    corrupt: (deps: OracleProcess, position: number) => OracleProcess = deps => deps,
  ): Promise<Team> {
    const datanet = await Datanet.start(faults, count - 3)
    const keys = datanet.operators
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1])
    const running: Running[] = []
    const servers: WordServer[] = []
    for (const [i, { privateKey }] of keys.entries()) {
      const deps = corrupt(await datanet.oracle(`operator-${i}`, privateKey), i)
      running.push(new Running(`operator ${i}`, deps))
      servers.push(await WordServer.over(deps.publishFolder))
    }
    const peers = servers.map(({ url }) => url)
    for (const each of running) each.start({ peers })
    return new Team(
      datanet,
      running,
      servers,
      keys.map(({ address }) => address),
    )
  }

  async history(): Promise<ChainHistory> {
    const { chain } = this.running[0]!.deps
    return chain.history((await chain.finalizedBlock()).number)
  }

  async stop(): Promise<void> {
    for (const each of this.running) await each.close()
    for (const server of this.servers) await server.stop()
    await this.datanet.stop()
  }
}
