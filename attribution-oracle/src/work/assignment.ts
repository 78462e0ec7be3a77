import type { Digest, Shard } from '../domain'
import { windowCount } from '../domain'

/** A result with who computed it. */
export interface Outcome {
  readonly result: Uint8Array
  /** undefined for ourselves */
  readonly worker: string | undefined
}

/** One shard that somebody waits for, from the moment it is asked for until it has one result. */
export class Assignment {
  static #made = 0
  /** tells it from an earlier one of the same shard in this process */
  readonly serial = Assignment.#made++
  readonly outcome: Promise<Outcome>
  readonly begunAt = performance.now()
  readonly windows: number
  /** how often it was handed out again */
  lost = 0
  /** an answer is being judged, others to the same shard are not looked at */
  judging = false
  /** we compute it ourselves, whoever else does */
  ours = false
  settled = false
  #resolve!: (outcome: Outcome) => void
  #reject!: (error: unknown) => void

  constructor(readonly shard: Shard) {
    this.windows = windowCount(shard.document)
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // whoever waits hears of it; a run that ended early waits no more
    this.outcome.catch(() => undefined)
  }

  get digest(): Digest {
    return this.shard.digest
  }

  get seconds(): number {
    return (performance.now() - this.begunAt) / 1000
  }

  /** The first outcome counts. @returns whether this was it */
  settle(outcome: Outcome): boolean {
    if (this.settled) return false
    this.settled = true
    this.#resolve(outcome)
    return true
  }

  fail(error: unknown): void {
    this.settled = true
    this.#reject(error)
  }
}
