import { Transaction } from 'ethers'
import type { Broadcast, Call, Market, MinedTransaction, SendingChain } from '../../../src/chain'
import { AttributionOracleError } from '../../../src/errors'

export const FINALITY = 3

interface Block {
  hashes: readonly string[]
}

/**
 * One account's view of a chain, as hostile as chains may be: every transaction that any node ever saw may still be
 * mined, blocks that are not final may go, and a node may answer from an older block, or not at all.
 */
export class ModelChain implements SendingChain {
  readonly pollMs = 0
  /** everything that was ever broadcast */
  readonly seen = new Map<string, Transaction>()
  /** what the asked node's mempool holds, by nonce */
  private readonly pool = new Map<number, string>()
  private blocks: Block[] = []
  private final = 0
  baseFee = 10n ** 9n
  /** by how many blocks reads are late */
  lag = 0
  /** what happens at one of the next calls: it fails, before or after its effect, or the chain moves meanwhile */
  failIn: { calls: number; after: boolean; fault: () => unknown } | undefined
  meanwhile: { calls: number; move: () => void } | undefined

  constructor(private readonly refuses: (call: Call) => boolean) {}

  chainId = async (): Promise<bigint> => 31337n

  async transactionCount(_address: string, at: 'latest' | 'pending' | 'finalized'): Promise<number> {
    return this.answering(() => {
      if (at === 'finalized') return this.countIn(this.final)
      let count = this.countIn(this.visible())
      if (at === 'pending') while (this.pool.has(count)) count++
      return count
    })
  }

  mined(hash: string): Promise<MinedTransaction | undefined> {
    return this.answering(() => {
      const blockNumber = this.blocks.findIndex(({ hashes }) => hashes.includes(hash)) + 1
      if (blockNumber === 0 || blockNumber > this.visible()) return undefined
      return { hash, blockNumber, succeeded: true, gasUsed: 21_000n, cost: 1n }
    })
  }

  holds(hash: string): Promise<boolean> {
    return this.answering(() => [...this.pool.values()].includes(hash))
  }

  finalizedBlock = (): Promise<number> => this.answering(() => this.final)
  market = (): Promise<Market> => this.answering(() => ({ baseFee: this.baseFee, priorityFee: 10n ** 9n }))
  balance = (): Promise<bigint> => this.answering(() => 10n ** 20n)
  simulate = (_from: string, call: Call): Promise<void> => this.answering(() => this.expectTaken(call))
  estimateGas = (_from: string, call: Call): Promise<bigint> =>
    this.answering(() => {
      this.expectTaken(call)
      return 21_000n
    })

  broadcast(raw: string): Promise<Broadcast> {
    return this.answering(() => {
      const transaction = Transaction.from(raw)
      const { nonce } = transaction
      if (nonce < this.countIn(this.blocks.length)) return 'nonceUsed'
      if (transaction.maxFeePerGas! < this.baseFee) return 'feeTooLow'
      const other = this.pool.get(nonce)
      if (other === transaction.hash) return 'taken'
      const held = other === undefined ? undefined : this.seen.get(other)!
      if (held && transaction.maxFeePerGas! * 10n < held.maxFeePerGas! * 11n) return 'underpriced'
      this.take(transaction)
      return 'taken'
    })
  }

  take(transaction: Transaction): void {
    this.seen.set(transaction.hash!, transaction)
    this.pool.set(transaction.nonce, transaction.hash!)
  }

  /** A block of what the mempool holds. */
  mine(): void {
    const hashes: string[] = []
    for (let nonce = this.count(); ; nonce++) {
      const hash = this.pool.get(nonce)
      if (hash === undefined || this.seen.get(hash)!.maxFeePerGas! < this.baseFee) break
      hashes.push(hash)
      this.pool.delete(nonce)
    }
    this.append(hashes)
  }

  /** A block with a transaction that the mempool may have replaced or dropped: some miner kept it. */
  mineAnySeen(choice: number): void {
    const fitting = [...this.seen.values()].filter(({ nonce }) => nonce === this.count())
    if (fitting.length === 0) return
    const { hash, nonce } = fitting[choice % fitting.length]!
    this.pool.delete(nonce)
    this.append([hash!])
  }

  /** Blocks go that are not final; what was in them goes back to the mempool, or is lost. */
  reorganise(depth: number, lost: boolean): void {
    const kept = Math.max(this.final, this.blocks.length - depth)
    for (const { hashes } of this.blocks.splice(kept)) {
      for (const hash of lost ? [] : hashes) this.pool.set(this.seen.get(hash)!.nonce, hash)
    }
  }

  /** Another history from the last final block on, of whatever was ever seen. */
  rewrite(choices: readonly number[]): void {
    this.reorganise(this.blocks.length, true)
    for (const choice of choices) this.mineAnySeen(choice)
  }

  dropAll(): void {
    this.pool.clear()
  }

  /** Transactions that the newest block counts. */
  count(): number {
    return this.countIn(this.blocks.length)
  }

  minedTransactions(): Transaction[] {
    return this.blocks.flatMap(({ hashes }) => hashes).map(hash => this.seen.get(hash)!)
  }

  private append(hashes: readonly string[]): void {
    this.blocks.push({ hashes })
    this.final = Math.max(this.final, this.blocks.length - FINALITY)
  }

  private visible(): number {
    return Math.max(this.final, this.blocks.length - this.lag)
  }

  private countIn(blocks: number): number {
    return this.blocks.slice(0, blocks).reduce((sum, { hashes }) => sum + hashes.length, 0)
  }

  private expectTaken(call: Call): void {
    if (!this.refuses(call)) return
    throw new AttributionOracleError('CALL_REVERTED', { what: 'no' }, { call: 'pay', reason: 'pointless' })
  }

  private async answering<T>(answer: () => T): Promise<T> {
    if (this.meanwhile && this.meanwhile.calls-- <= 0) {
      const { move } = this.meanwhile
      this.meanwhile = undefined
      move()
    }
    if (this.failIn === undefined) return answer()
    const { calls, after, fault } = this.failIn
    this.failIn.calls--
    if (calls > 0) return answer()
    this.failIn = undefined
    if (after) answer()
    throw fault()
  }
}
