import {
  type ContentStore,
  type Digest,
  type Observe,
  type Shard,
  type ShardComputer,
  type ShardOptions,
  windowCount,
} from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import { Assignment, type Outcome } from './assignment'
import { reasonOf } from './connection'
import { Judge, type Verdict } from './judge'
import { type Answer, readAnswer } from './messages'
import { Publisher } from './publisher'
import type { Quarantine } from './quarantine'
import { Remembered } from './remembered'

/** Shards that we compute at once when no worker does. */
const LANES = 2
/** A shard that was refused so often is not handed out any more. */
const MOST_LOST = 3
/** So many liars within an hour, and we compute alone: names cost nothing. */
const MOST_LIARS = 8
const HOUR_MS = 3600_000
const LOOK_MS = 1_000
/** Results between two runs of one epoch are as good as asked for. */
const REST_MS = 1_000

export interface BoardOptions {
  readonly content: ContentStore
  readonly local: ShardComputer
  readonly rescoreShare: number
  readonly patienceMs: number
  readonly quarantine: Quarantine
  readonly draw?: () => number
  readonly observe: Observe
  /** hands a shard to the queue */
  readonly send: (shard: Shard) => Promise<void>
  /** tells a worker that it is quarantined */
  readonly refuse: (worker: string, reason: string) => void
  /** nobody waits for anything any more: what is left in the queue can go */
  readonly rest: () => void
}

interface Run {
  interrupt(reason: unknown): void
}

/** Who waits for which shard, and what has come of it. It knows nothing of how shards and answers travel. */
export class ShardBoard {
  readonly #open = new Map<Digest, Assignment>()
  readonly #runs = new Set<Run>()
  readonly #remembered = new Remembered()
  readonly #joined = new Set<string>()
  readonly #judge: Judge
  readonly #publisher: Publisher
  readonly #closed = new AbortController()
  readonly #timer: NodeJS.Timeout
  /** when a worker was caught */
  #caught: number[] = []
  #heardAt = 0
  #helping = false
  /** nobody has answered since we began to compute ourselves */
  #alone = false

  constructor(private readonly options: BoardOptions) {
    const { content, send, patienceMs } = options
    this.#judge = new Judge(options)
    this.#publisher = new Publisher({
      content,
      send: ({ shard }) => send(shard),
      onFailure: error => this.#failed('publish', error),
    })
    this.#timer = setInterval(() => void this.#help(), Math.min(LOOK_MS, patienceMs / 4))
    this.#timer.unref()
  }

  async run(shards: readonly Shard[], { onDone, signal }: ShardOptions): Promise<Uint8Array[]> {
    signal?.throwIfAborted()
    const run = {} as Run
    const interrupted = new Promise<never>((_, reject) => (run.interrupt = reject))
    const abort = (): void => run.interrupt(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.#runs.add(run)
    try {
      const results = shards.map(async shard => {
        const { result } = await this.#assigned(shard).outcome
        if (this.#runs.has(run)) onDone?.(windowCount(shard.document))
        return result
      })
      return await Promise.race([Promise.all(results), interrupted])
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#runs.delete(run)
      setTimeout(() => this.#rest(), REST_MS).unref()
    }
  }

  /** What somebody who calls himself `worker` answered. Never rejects. */
  async answered(worker: string, bytes: Uint8Array): Promise<void> {
    try {
      const answer = readAnswer(bytes)
      const assignment = this.#open.get(answer.shard)
      // a shard that is settled, or was never asked for, waits for no answer
      if (assignment === undefined || assignment.judging) return
      if (this.options.quarantine.has(worker)) {
        this.options.refuse(worker, 'quarantined')
        this.#again(assignment, worker)
      } else await this.#judged(assignment, worker, answer)
    } catch (error) {
      if (isFault(error, 'INVALID_DOCUMENT')) await this.#lied(worker, error.data.issues.join('; '), 0)
      else this.#failed('answer', error)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closed.abort()
    this.#runs.clear()
    this.#rest()
    this.#publisher.close()
    await this.options.local.close()
  }

  #assigned(shard: Shard): Assignment {
    const known = this.#open.get(shard.digest)
    if (known) return known
    const assignment = new Assignment(shard)
    if (this.#open.size === 0 && !this.#alone) this.#heardAt = performance.now()
    this.#open.set(shard.digest, assignment)
    void this.#begin(assignment)
    return assignment
  }

  async #begin(assignment: Assignment): Promise<void> {
    const { content, local } = this.options
    const { shard, digest } = assignment
    const known = this.#remembered.get(digest)
    if (known) {
      try {
        const result = await content.get(known.result, local.sizeOf(shard))
        local.check(shard, result)
        this.#settle(assignment, { result, worker: known.worker })
        return
      } catch (error) {
        this.#remembered.forget(digest)
        this.#failed('remembered result', error)
      }
    }
    this.#publisher.publish(assignment)
  }

  async #judged(assignment: Assignment, worker: string, answer: Answer): Promise<void> {
    assignment.judging = true
    try {
      const verdict = await this.#judge.verdict(assignment, worker, answer)
      if (verdict.kind === 'lie') await this.#convicted(assignment, worker, verdict)
      // caught at another shard meanwhile
      else if (this.options.quarantine.has(worker)) this.#again(assignment, worker)
      else this.#taken(assignment, worker, verdict)
    } catch (error) {
      this.#open.delete(assignment.digest)
      assignment.fail(error)
    } finally {
      assignment.judging = false
    }
  }

  #taken(
    assignment: Assignment,
    worker: string,
    { result, digest, checked }: Extract<Verdict, { kind: 'good' }>,
  ): void {
    this.#heardAt = performance.now()
    this.#alone = false
    if (!this.#joined.has(worker)) {
      this.#joined.add(worker)
      this.options.observe({ kind: 'worker', worker, state: 'joined' })
    }
    if (!this.#settle(assignment, { result, worker })) return
    this.#remembered.add(assignment.digest, { worker, result: digest })
    this.#observed(assignment, worker, checked ? 'checked' : 'done')
  }

  async #convicted(
    assignment: Assignment,
    worker: string,
    { reason, ours }: Extract<Verdict, { kind: 'lie' }>,
  ): Promise<void> {
    if (ours) this.#computed(assignment, ours)
    else this.#again(assignment, worker)
    await this.#lied(worker, reason, assignment.windows)
  }

  /** Nothing of it counts any more, also what was used already: whoever used it has to begin again. */
  async #lied(worker: string, reason: string, items: number): Promise<void> {
    const { quarantine, observe, refuse } = this.options
    refuse(worker, reason)
    if (quarantine.has(worker)) return
    const added = quarantine.add(worker, reason)
    this.#caught.push(performance.now())
    observe({ kind: 'shard', worker, result: 'lied', items, seconds: 0 })
    observe({ kind: 'worker', worker, state: 'quarantined', reason })
    const shards = this.#remembered.forgetWorker(worker)
    if (shards > 0) for (const run of [...this.#runs]) run.interrupt(withdrawn(worker, shards))
    await added.catch((error: unknown) => this.#failed('quarantine', error))
  }

  /** The queue thinks that the shard is done. */
  #again(assignment: Assignment, worker: string): void {
    assignment.lost++
    this.#observed(assignment, worker, 'lost')
    if (assignment.lost < MOST_LOST) this.#publisher.publish(assignment)
    else if (!assignment.ours) void this.#compute(assignment)
  }

  /** Computes here for as long as no worker answers, from the end: workers take from the beginning. */
  async #help(): Promise<void> {
    if (this.#helping || !this.#isAlone) return
    this.#helping = true
    this.#alone = true
    const lane = async (): Promise<void> => {
      while (this.#isAlone) {
        const next = [...this.#open.values()].findLast(({ ours, judging }) => !ours && !judging)
        if (next === undefined) return
        await this.#compute(next)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    this.#helping = false
  }

  get #isAlone(): boolean {
    if (this.#open.size === 0 || this.#closed.signal.aborted) return false
    const now = performance.now()
    this.#caught = this.#caught.filter(at => now - at < HOUR_MS)
    return now - this.#heardAt >= this.options.patienceMs || this.#caught.length >= MOST_LIARS
  }

  async #compute(assignment: Assignment): Promise<void> {
    assignment.ours = true
    try {
      const [result] = await this.options.local.run([assignment.shard], { signal: this.#closed.signal })
      this.#computed(assignment, result!)
    } catch (error) {
      this.#open.delete(assignment.digest)
      assignment.fail(error)
    }
  }

  #computed(assignment: Assignment, result: Uint8Array): void {
    const taken = this.#settle(assignment, { result, worker: undefined })
    if (taken) this.#observed(assignment, 'local', 'done')
  }

  #settle(assignment: Assignment, outcome: Outcome): boolean {
    if (this.#open.get(assignment.digest) === assignment) this.#open.delete(assignment.digest)
    return assignment.settle(outcome)
  }

  #rest(): void {
    if (this.#runs.size > 0) return
    const left = [...this.#open.values()]
    this.#open.clear()
    for (const assignment of left) assignment.fail(stopped())
    if (left.length > 0) this.options.rest()
    // a graph's sessions fill the memory, and the next epoch is hours away
    void this.options.local.close()
  }

  #observed(assignment: Assignment, worker: string, result: 'done' | 'checked' | 'lost'): void {
    const { windows: items, seconds } = assignment
    this.options.observe({ kind: 'shard', worker, result, items, seconds })
  }

  #failed(step: string, error: unknown): void {
    const code = error instanceof AttributionOracleError ? error.code : 'WORK_FAILED'
    this.options.observe({ kind: 'failed', step, code, message: reasonOf(error) })
  }
}

function withdrawn(worker: string, shards: number): AttributionOracleError {
  const what = `${shards} results of worker ${worker} are withdrawn: one of its results was wrong`
  return new AttributionOracleError('WORK_WITHDRAWN', { what }, { worker, shards })
}

function stopped(): AttributionOracleError {
  return new AttributionOracleError('ABORTED', { what: 'nobody waits for the shard' }, { step: 'shards' })
}
