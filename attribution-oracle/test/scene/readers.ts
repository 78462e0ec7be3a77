import {
  ChainReader,
  openProvider,
  type EndpointOptions,
  type ReaderOptions,
  type RpcPool,
} from '../../src/chain'
import type { LogStore, ServiceEvent } from '../../src/domain'
import { FaultyRpc } from './faultyRpc'
import { startLogDatabase, type LogDatabase } from './logDatabase'
import { RegistryEvents } from './registryEvents'

export const CHAIN = 31337
/** An epoch of the node has four blocks, so that finality lags eight behind. */
export const SLOTS = 4

export interface ReaderOpening {
  urls?: string[]
  endpoints?: Partial<EndpointOptions>
  reading?: Partial<ReaderOptions>
}

/** Readers of one chain through two endpoints that can be broken, on one database. */
export class Readers {
  events: ServiceEvent[] = []
  private readonly pools: RpcPool[] = []

  private constructor(
    readonly chain: RegistryEvents,
    readonly database: LogDatabase,
    readonly first: FaultyRpc,
    readonly second: FaultyRpc,
  ) {}

  static async start(datanets = 30): Promise<Readers> {
    const chain = await RegistryEvents.start(SLOTS)
    await chain.create(datanets)
    await chain.anvil.settle()
    const [first, second] = [await FaultyRpc.before(chain.anvil.url), await FaultyRpc.before(chain.anvil.url)]
    return new Readers(chain, await startLogDatabase(), first, second)
  }

  get both(): string[] {
    return [this.first.url, this.second.url]
  }

  get logs(): LogStore {
    return this.database.logs
  }

  /** A reader over the first endpoint, or over those that are named. */
  open({ urls = [this.first.url], endpoints = {}, reading = {} }: ReaderOpening = {}): Promise<ChainReader> {
    const observe = (event: ServiceEvent): void => void this.events.push(event)
    const pool = openProvider({ urls, chainId: CHAIN, pollMs: 20, timeoutMs: 15_000, observe, ...endpoints })
    this.pools.push(pool)
    const { addresses, startBlock } = this.chain
    return ChainReader.connect(pool, {
      ...{ chainId: CHAIN, startBlock, addresses, logs: this.logs, observe },
      ...reading,
    })
  }

  async storedLogs(): Promise<number> {
    let count = 0
    for await (const page of this.logs.read(0, 1_000_000)) count += page.length
    return count
  }

  /** As new, but for the chain. */
  async reset(): Promise<void> {
    for (const pool of this.pools.splice(0)) pool.destroy()
    this.events = []
    for (const rpc of [this.first, this.second]) {
      rpc.fault = {}
      rpc.requests.length = 0
    }
    await this.database.empty()
  }

  async stop(): Promise<void> {
    await this.reset()
    await this.database.stop()
    for (const rpc of [this.first, this.second]) await rpc.stop()
    await this.chain.anvil.stop()
  }
}

/** Shows other blocks than the chain has, but for the first one. */
export function otherBlocks(): FaultyRpc['fault'] {
  return {
    methods: ['eth_getBlockByNumber'],
    lie: (_method, block, [tag]) => (tag === '0x0' ? block : { ...(block as object), hash: OTHER }),
  }
}

export const OTHER = `0x5eed${'0'.repeat(60)}`

export function hex(value: number): string {
  return `0x${value.toString(16)}`
}

export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}
