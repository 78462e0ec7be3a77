import { setTimeout } from 'node:timers/promises'
import type { ChainReader } from '../../chain'
import type {
  BlockRef,
  ChainHistory,
  ContentStore,
  EpochSummary,
  Observe,
  Post,
  RewardsOnChain,
  Root,
} from '../../domain'
import { AttributionOracleError, isFault } from '../../errors'
import type { Keccak } from '../../settlement'
import type { EpochStore } from '../../store'
import type { System } from '../dependencies'
import type { EpochLedger } from './accountRewards'
import { epochStates, type EpochStates } from './epochStates'
import { settledHere } from './publishFolder'
import { TreeFiles } from './treeFiles'

export interface ServedDependencies {
  chain: Pick<ChainReader, 'finalizedBlock' | 'history'>
  rewards: RewardsOnChain
  content: ContentStore
  /** absent in a replica that has chain and content alone */
  store?: Pick<EpochStore, 'epochs'> | undefined
  keccak: Keccak
  system: System
  publishFolder: string
  /** tells of the newest blocks, where no service beside it does */
  heads?: (() => Promise<unknown>) | undefined
  observe?: Observe | undefined
}

const ZERO_ADDRESS = `0x${'00'.repeat(20)}`
const NOTHING = epochStates({ openings: new Map(), posts: [] }, new Map(), new Map())

/**
 * What the interface knows between two looks at the chain: the states of all epochs at the last finalized block, and the
 * ledgers of final epochs and of the one that waits. Looking again never takes away what could be served before.
 */
export class ServedEpochs {
  states: EpochStates = NOTHING
  history: ChainHistory | undefined
  /** the ledger of the epoch behind the last final one: what this operator settled, else what was posted */
  pending: EpochLedger | undefined
  /** root and epoch that the vault paid by when it was last asked */
  vault: { root: Root; epoch: number } | undefined
  /** why an epoch cannot be served, by epoch */
  readonly faults = new Map<number, string>()
  private readonly ledgers = new Map<number, EpochLedger>()
  private readonly files: TreeFiles
  private block: BlockRef | undefined
  private failure: string | undefined = 'the chain has not been read yet'

  constructor(
    private readonly deps: ServedDependencies,
    cacheBytes: number,
  ) {
    this.files = new TreeFiles({ ...deps, cacheBytes })
  }

  /** @throws RPC_FAILED, WRONG_CHAIN, and what the store throws */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { chain, store, publishFolder, rewards } = this.deps
    const block = await chain.finalizedBlock()
    if (!this.history || block.hash !== this.block?.hash)
      this.history = await chain.history(block.number, signal)
    this.block = block
    const own = new Map((await store?.epochs())?.map(({ epoch, state }) => [epoch, state]))
    const next = 1 + Math.max(0, ...this.history.posts.flatMap(finalEpoch))
    const settled = await settledHere(publishFolder, next)
    this.announce(epochStates(this.history, own, new Map(settled ? [[next, settled]] : [])))
    const { root, epoch } = await rewards.paid(ZERO_ADDRESS)
    this.vault = { root, epoch }
    await this.open(signal)
    await this.deps.heads?.()
    this.failure = undefined
  }

  /** Looks again and again until the signal ends it; an outage is told once, and never ends it. */
  async follow(pollMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh(signal).catch((error: unknown) => {
        if (!signal.aborted) this.failed(error, pollMs)
      })
      await setTimeout(pollMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  ready(): { ready: boolean; reasons: string[] } {
    const faults = [...this.faults].map(([epoch, reason]) => `epoch ${epoch} cannot be served: ${reason}`)
    const reasons = [...(this.failure === undefined ? [] : [this.failure]), ...faults]
    return { ready: reasons.length === 0, reasons }
  }

  /** The ledger of a final epoch, or of the one that waits. */
  ledger(epoch: number): EpochLedger | undefined {
    return this.ledgers.get(epoch) ?? (this.pending?.file.header.epoch === epoch ? this.pending : undefined)
  }

  /**
   * The ledger that the vault pays by.
   * @returns undefined before the first
   * @throws NOT_READY
   */
  paidBy({ root, epoch }: { root: Root; epoch: number }): EpochLedger | undefined {
    if (epoch === 0) return undefined
    const ledger = this.ledger(epoch)
    const paused = /^0x0*$/.test(root)
    if (ledger && (paused || ledger.file.header.ledgerRoot === root)) return ledger
    const reason = this.faults.get(epoch) ?? 'its tree file is being opened'
    throw notReady(`Epoch ${epoch}, which the vault pays by,`, reason)
  }

  /** Final epochs up to one, ascending, the one itself included even where finalized blocks do not have it yet. */
  upTo(current: EpochLedger): { epoch: number; ledger: EpochLedger | undefined }[] {
    const { epoch: last } = current.file.header
    const before = this.states.final.filter(({ epoch }) => epoch < last)
    return [
      ...before.map(({ epoch }) => ({ epoch, ledger: this.ledgers.get(epoch) })),
      { epoch: last, ledger: current },
    ]
  }

  /**
   * Runs what reads ledgers. A damaged file is taken away and built again on the next look.
   * @throws NOT_READY instead of TREE_CORRUPT
   */
  async reading<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isFault(error, 'TREE_CORRUPT')) throw error
      const { observe } = this.deps
      observe?.({ kind: 'failed', step: 'serve', code: error.code, message: error.message })
      const epoch = await this.files.discard(error.data.file)
      if (epoch !== undefined) {
        this.ledgers.delete(epoch)
        if (this.pending?.file.header.epoch === epoch) this.pending = undefined
        this.faults.set(epoch, error.code)
      }
      throw notReady(`A damaged tree file`, 'it is built again')
    }
  }

  close(): void {
    this.files.close()
  }

  private async open(signal?: AbortSignal): Promise<void> {
    for (const post of this.states.final) {
      if (signal?.aborted) return
      if (this.ledgers.has(post.epoch)) continue
      const file = await this.attempt(post.epoch, () => this.files.ofPost(post))
      if (file) this.ledgers.set(post.epoch, { file, pools: file.pools(), final: true })
    }
    const next = (this.states.final.at(-1)?.epoch ?? 0) + 1
    const waiting = this.states.get(next)
    const file = await this.attempt(next, () => this.waiting(waiting))
    this.pending = file && { file, pools: file.pools(), final: false }
    for (const epoch of [next, next - 1]) await this.files.warm(epoch)
  }

  /** Our own settlement goes before another's post: a lie is not shown to those whom it names. */
  private async waiting(summary: EpochSummary | undefined) {
    if (!summary?.post) return undefined
    const own = await settledHere(this.deps.publishFolder, summary.epoch)
    const file = own && (await this.files.inFolder(summary.epoch))
    if (file && file.header.ledgerRoot === own.ledgerRoot) return file
    return this.files.ofPost(own ?? summary.post)
  }

  private async attempt<T>(epoch: number, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work()
      this.faults.delete(epoch)
      return done
    } catch (error) {
      this.faults.set(epoch, codeOf(error))
      return undefined
    }
  }

  private announce(states: EpochStates): void {
    const { observe } = this.deps
    if (observe && this.failure === undefined) {
      for (const epoch of states.numbers) {
        const state = states.get(epoch)!.state
        if (this.states.get(epoch)?.state !== state) observe({ kind: 'epoch', epoch, state })
      }
    }
    this.states = states
  }

  private failed(error: unknown, pollMs: number): void {
    const code = codeOf(error)
    const message = `the chain cannot be read: ${code}`
    if (this.failure !== message)
      this.deps.observe?.({ kind: 'failed', step: 'serve', code, message, retryIn: pollMs / 1000 })
    this.failure = message
  }
}

export function notReady(part: string, reason: string): AttributionOracleError {
  return new AttributionOracleError(
    'NOT_READY',
    { what: `${part} cannot be served yet`, got: reason },
    { part, reason },
  )
}

/** Codes alone: messages of faults name paths, and this one is served to strangers. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'UNEXPECTED'
}

function finalEpoch({ post, status }: { post: Post; status: string }): number[] {
  return status === 'final' ? [post.epoch] : []
}
