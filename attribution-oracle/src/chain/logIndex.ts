import {
  canonicalBytes,
  sha256,
  type BlockRef,
  type ChainHistory,
  type Digest,
  type LogRecord,
  type LogStore,
  type Observe,
} from '../domain'
import { isFault } from '../errors'
import { readRange } from './adaptiveRange'
import { agreedLogs } from './agreement'
import type { LogFilter } from './answers'
import type { Addresses } from './contracts'
import { EndpointFault } from './endpointFault'
import { HistoryFold, historyFilter } from './events'
import type { RpcPool } from './rpcPool'
import { expectStored } from './storedBlock'

export interface LogIndexOptions {
  chainId: number
  startBlock: number
  addresses: Addresses
  crossCheck: number
  observe: Observe
}

/** Logs in one answer beyond which the next range is smaller: memory, and what most providers give at most. */
const COMFORTABLE = 10_000
/** How many folds are kept: one that follows the chain, one that follows the epochs' pinned blocks. */
const FOLDS = 2

/** The events of finalized blocks: read once, kept in a store, folded into the history as far as it is asked for. */
export class LogIndex {
  private readonly filter: LogFilter
  private folds: HistoryFold[] = []
  private bound: Promise<void> | undefined

  constructor(
    private readonly pool: RpcPool,
    private readonly store: LogStore,
    private readonly options: LogIndexOptions,
  ) {
    this.filter = historyFilter(options.addresses)
  }

  /** Whose events are stored; undefined before the first. */
  subject(): Promise<Digest | undefined> {
    return this.store.subject()
  }

  /** Whose they would be on this chain. */
  subjectOn(chainId: number): Digest {
    return sha256(canonicalBytes({ chainId, startBlock: this.options.startBlock, filter: this.filter }))
  }

  /** The last block whose events are stored. @throws STORE_MISMATCH */
  async cursor(): Promise<BlockRef | undefined> {
    await this.bind()
    return this.store.cursor()
  }

  /**
   * Stores what is missing up to a finalized block, piece by piece: what was stored before a failure stays.
   * @throws REORG_BELOW_FINALITY, STORE_MISMATCH, RPC_FAILED, ABORTED
   */
  async catchUp(to: number, signal?: AbortSignal): Promise<void> {
    let cursor = await this.cursor()
    if (cursor) await expectStored(this.pool, cursor, signal)
    const from = cursor ? cursor.number + 1 : this.options.startBlock
    let started = performance.now()
    for await (const { from: first, to: last, items } of this.pieces(from, to, signal)) {
      const { logs, upTo } = items
      const moved = await this.append(cursor, logs, upTo)
      // another process stores into the same database: go on from where it is
      if (!moved) return this.catchUp(to, signal)
      const seconds = (performance.now() - started) / 1_000
      this.options.observe({ kind: 'indexed', events: logs.length, from: first, to: last, seconds })
      cursor = upTo
      started = performance.now()
    }
  }

  /** What the stored events up to a block say. @throws INVARIANT_BROKEN for a stored event that cannot be read */
  async history(upTo: number): Promise<ChainHistory> {
    const fold = this.foldBefore(upTo)
    for await (const logs of this.store.read(fold.next, upTo)) fold.add(logs)
    fold.reached(upTo)
    return fold.history()
  }

  private pieces(from: number, to: number, signal: AbortSignal | undefined) {
    const { crossCheck } = this.options
    return readRange(
      from,
      to,
      async (first, last) => {
        const agreeing = { crossCheck, signal, check: this.expectReadable }
        const read = await agreedLogs(this.pool, this.filter, first, last, agreeing)
        return { ...read, upTo: { number: read.upTo.number, hash: read.upTo.hash } }
      },
      { signal, heavy: ({ logs }) => logs.length > COMFORTABLE },
    )
  }

  private async append(after: BlockRef | undefined, logs: LogRecord[], upTo: BlockRef): Promise<boolean> {
    try {
      await this.store.append(after, logs, upTo)
      return true
    } catch (cause) {
      if (isFault(cause, 'STORE_MISMATCH') && cause.data.field === 'cursor') return false
      throw cause
    }
  }

  /** What is stored has to be foldable for ever, so it is folded once before. */
  private readonly expectReadable = (logs: readonly LogRecord[]): void => {
    try {
      new HistoryFold(this.options.addresses, 0).add(logs)
    } catch (cause) {
      if (!isFault(cause, 'INVARIANT_BROKEN')) throw cause
      throw new EndpointFault('garbage', 'garbage', `gave an event that cannot be: ${cause.data.invariant}`)
    }
  }

  private foldBefore(upTo: number): HistoryFold {
    const { addresses, startBlock } = this.options
    const best = this.folds
      .filter(({ next }) => next <= upTo + 1)
      .sort((a, b) => b.next - a.next)
      .at(0)
    const fold = best ?? new HistoryFold(addresses, startBlock)
    this.folds = [fold, ...this.folds.filter(each => each !== fold)].slice(0, FOLDS)
    return fold
  }

  /** A store holds the events of one system: others would be missing in it for ever. */
  private bind(): Promise<void> {
    this.bound ??= this.store.bind(this.subjectOn(this.options.chainId)).catch((cause: unknown) => {
      this.bound = undefined
      throw cause
    })
    return this.bound
  }
}
