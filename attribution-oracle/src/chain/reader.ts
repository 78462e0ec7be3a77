import type { BlockRef, ChainHistory, LogStore, Observe } from '../domain'
import { AttributionOracleError } from '../errors'
import { agreedBlock, agreedFinalized, headerFrom, type Tag } from './agreement'
import type { Header } from './answers'
import type { Addresses } from './contracts'
import type { Endpoint } from './endpoint'
import { EndpointFault } from './endpointFault'
import { LogIndex } from './logIndex'
import { memoryLogStore } from './memoryLogStore'
import { asked } from './rpcFault'
import type { RpcPool } from './rpcPool'
import { expectStored } from './storedBlock'
import { Tail } from './tail'
import { expectOneChain } from './whichChain'

export interface ReaderOptions {
  chainId: number
  /** no contract of the system is older than this block */
  startBlock: number
  addresses: Addresses
  /** where events are kept, so that they are read once; without it they are kept as long as the reader */
  logs?: LogStore
  /** how many endpoints have to agree on a finalized block and its events; default 1 */
  crossCheck?: number
  observe?: Observe
}

/** Block numbers; `indexed` is the last block whose events are stored. */
export interface Heads {
  head: number
  safe: number
  finalized: number
  indexed: number
}

/** Reads finalized blocks only: what it returns never changes again. */
export class ChainReader {
  private readonly crossCheck: number
  private readonly tail = new Tail()
  /** the reading that is under way; readings take turns */
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly pool: RpcPool,
    private readonly options: ReaderOptions,
    private readonly index: LogIndex,
    /** the newest block that was ever seen as final */
    private finalized: BlockRef | undefined,
  ) {
    this.crossCheck = options.crossCheck ?? 1
  }

  /**
   * @throws WRONG_CHAIN when every endpoint serves another chain, RPC_FAILED when none can be asked, INVALID_ARGUMENT
   * when there are fewer endpoints than have to agree, STORE_MISMATCH when `logs` are of another system
   */
  static async connect(pool: RpcPool, options: ReaderOptions): Promise<ChainReader> {
    const { crossCheck = 1, logs = memoryLogStore(), observe = () => undefined } = options
    const { length } = pool.endpoints
    if (!Number.isInteger(crossCheck) || crossCheck < 1 || crossCheck > length) {
      const [got, expected] = [String(crossCheck), `from 1 to ${length}, the number of RPC endpoints`]
      const what = 'More RPC endpoints have to agree than there are, or none'
      throw new AttributionOracleError(
        'INVALID_ARGUMENT',
        { what, got, expected },
        { argument: 'crossCheck', got, expected },
      )
    }
    const index = new LogIndex(pool, logs, { ...options, crossCheck, observe })
    const cursor = await expectOneChain(pool, index, options.chainId)
    return new ChainReader(pool, options, index, cursor)
  }

  /** The newest block that enough endpoints call final; it never moves back. @throws RPC_FAILED, REORG_BELOW_FINALITY */
  async finalizedBlock(): Promise<BlockRef> {
    const { crossCheck, finalized } = this
    const now = await asked('eth_getBlockByNumber', agreedFinalized(this.pool, { crossCheck }))
    if (finalized && finalized.hash !== now.hash)
      await asked('eth_getBlockByNumber', expectStored(this.pool, finalized))
    if (finalized && finalized.number >= now.number) return finalized
    this.finalized = { number: now.number, hash: now.hash }
    this.pool.expectBlock(now.number)
    return this.finalized
  }

  /** @throws WRONG_CHAIN when the chain has another block at this height, or none that is final */
  async expectBlock({ number, hash }: BlockRef): Promise<void> {
    const finalized = await this.finalizedBlock()
    if (number > finalized.number) throw wrongChain(`finalized up to ${finalized.number}`, `block ${number}`)
    const { crossCheck } = this
    const { header } = await asked('eth_getBlockByNumber', agreedBlock(this.pool, number, { crossCheck }))
    if (header.hash !== hash) throw wrongChain(`block ${number} is ${header.hash}`, hash)
  }

  /**
   * A final block by its number.
   * @throws WRONG_CHAIN for a block that is not finalized yet, RPC_FAILED
   */
  async blockAt(number: number): Promise<BlockRef> {
    const finalized = await this.finalizedBlock()
    if (number > finalized.number) throw wrongChain(`finalized up to ${finalized.number}`, `block ${number}`)
    const { crossCheck } = this
    const { header } = await asked('eth_getBlockByNumber', agreedBlock(this.pool, number, { crossCheck }))
    return { number, hash: header.hash }
  }

  /**
   * Everything up to and including a finalized block. Events that are not stored yet are read and stored first; the
   * history itself is folded from where an earlier call ended.
   * @throws WRONG_CHAIN for a block that is not finalized yet; REORG_BELOW_FINALITY when a block that was stored as
   * final is no longer on the chain: nothing is rewritten; RPC_FAILED, STORE_MISMATCH, ABORTED
   */
  async history(upTo: number, signal?: AbortSignal): Promise<ChainHistory> {
    const reading = this.turn.then(() => this.read(upTo, signal))
    this.turn = reading.catch(() => undefined)
    return reading
  }

  /** Where the chain and the index are; tells of blocks above finality that were replaced. @throws RPC_FAILED */
  async heads(): Promise<Heads> {
    const { startBlock, observe = () => undefined } = this.options
    const { endpoint, headers } = await this.headers()
    const [head, safe, finalized] = headers
    const at = (number: number): Promise<Header | undefined> => headerFrom(endpoint, number)
    const reorganisation = await asked('eth_getBlockByNumber', this.tail.follow(head, finalized.number, at))
    if (reorganisation) observe({ kind: 'reorg', ...reorganisation })
    const indexed = (await this.index.cursor())?.number ?? startBlock - 1
    const heads = { head: head.number, safe: safe.number, finalized: finalized.number, indexed }
    observe({ kind: 'blocks', ...heads })
    return heads
  }

  /** Unix seconds at which a block was made. @throws RPC_FAILED also for a block that does not exist */
  async blockTime(number: number): Promise<number> {
    const { crossCheck } = this
    const { header } = await asked('eth_getBlockByNumber', agreedBlock(this.pool, number, { crossCheck }))
    return header.timestamp
  }

  private async read(upTo: number, signal: AbortSignal | undefined): Promise<ChainHistory> {
    const finalized = await this.finalizedBlock()
    if (finalized.number < upTo) throw wrongChain(`finalized up to ${finalized.number}`, `block ${upTo}`)
    await asked('eth_getLogs', this.index.catchUp(upTo, signal))
    return this.index.history(upTo)
  }

  /** The three heads, as one endpoint has them. */
  private async headers(): Promise<{ endpoint: Endpoint; headers: [Header, Header, Header] }> {
    const ask = async (endpoint: Endpoint): Promise<[Header, Header, Header]> => {
      const tagged = async (tag: Tag): Promise<Header> => {
        const header = await headerFrom(endpoint, tag)
        if (!header) throw new EndpointFault('behind', 'behind', `has no ${tag} block`)
        return header
      }
      return Promise.all([tagged('latest'), tagged('safe'), tagged('finalized')])
    }
    const [given] = await asked('eth_getBlockByNumber', this.pool.gather(1, ask))
    return { endpoint: given!.endpoint, headers: given!.answer }
  }
}

function wrongChain(got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_CHAIN',
    { what: 'The RPC does not show the chain that was configured or seen before', got, expected },
    { got, expected },
  )
}
