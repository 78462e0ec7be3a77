import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ContentStoreError } from '@open-datanets/content-store'
import { windowCount, type ContentStore, type Digest, type ShardComputer } from '../domain'
import { isAbsent, isFault } from '../errors'
import type { Assignment } from './assignment'
import type { Answer } from './messages'

/** What came of an answer. */
export type Verdict =
  | { readonly kind: 'good'; readonly result: Uint8Array; readonly digest: Digest; readonly checked: boolean }
  /** not what the worker should have answered; `ours` where we know better already */
  | { readonly kind: 'lie'; readonly reason: string; readonly ours?: Uint8Array }

export interface JudgeOptions {
  /** where results lie */
  readonly scratch: ContentStore
  readonly local: ShardComputer
  /** 0 to 1: of the results that are computed again */
  readonly rescoreShare: number
  /** a uniform number in [0, 1) that no worker can foresee */
  readonly draw?: () => number
}

const RANGE = 2 ** 32
/** A store that replicates may be behind the answer. */
const LOOKS = 5
const LOOK_MS = 200

/**
 * Says what an answer is worth: its bytes have to be those of its digest, of the one form that the shard's result has,
 * and, for a random share of all answers and the first ones of every worker, near what we compute ourselves.
 */
export class Judge {
  readonly #proven = new Set<string>()
  readonly #draw: () => number

  constructor(private readonly options: JudgeOptions) {
    this.#draw = options.draw ?? (() => randomInt(RANGE) / RANGE)
  }

  /** @throws whatever computing the shard throws, where that is its content's or this machine's fault */
  async verdict({ shard }: Assignment, worker: string, answer: Answer): Promise<Verdict> {
    const { local } = this.options
    if ('failed' in answer) {
      const ours = await this.#compute(shard)
      return { kind: 'lie', reason: `says that shard ${shard.digest} cannot be computed`, ours }
    }
    const fetched = await this.#fetch(answer.result, local.sizeOf(shard))
    if ('kind' in fetched) return fetched
    try {
      local.check(shard, fetched)
    } catch (error) {
      if (!isFault(error, 'INVALID_DOCUMENT')) throw error
      return { kind: 'lie', reason: error.data.issues.join('; ') }
    }
    const good = { kind: 'good', result: fetched, digest: answer.result } as const
    if (!this.#isDrawn(worker)) return { ...good, checked: false }
    const ours = await this.#compute(shard)
    if (local.agree(shard, ours, fetched)) {
      // a shard without windows has one answer, which proves nothing
      if (windowCount(shard.document) > 0) this.#proven.add(worker)
      return { ...good, checked: true }
    }
    return { kind: 'lie', reason: `the result of shard ${shard.digest} is not what it comes to here`, ours }
  }

  /** All results of a worker are until one of them was right, and afterwards not fewer than of any other. */
  #isDrawn(worker: string): boolean {
    return !this.#proven.has(worker) || this.#draw() < this.options.rescoreShare
  }

  async #compute(shard: Assignment['shard']): Promise<Uint8Array> {
    const [ours] = await this.options.local.run([shard])
    return ours!
  }

  async #fetch(digest: Digest, size: number): Promise<Uint8Array | Verdict> {
    for (let look = 1; ; look++) {
      try {
        return await this.options.scratch.get(digest, size)
      } catch (error) {
        if (!(error instanceof ContentStoreError)) throw error
        const later = isAbsent(error) || error.retryable
        if (!later) return { kind: 'lie', reason: `its result cannot be used: ${error.code} ${digest}` }
        if (look === LOOKS) {
          if (error.retryable) throw error
          return { kind: 'lie', reason: `its result is in no content store that we read: ${digest}` }
        }
        await sleep(LOOK_MS * look)
      }
    }
  }
}
