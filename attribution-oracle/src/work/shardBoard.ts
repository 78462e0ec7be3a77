import { type Digest, type Shard, type ShardComputer, type ShardOptions, windowCount } from '../domain'
import { isFault } from '../errors'
import { Assignment, type Outcome } from './assignment'
import { Complaints } from './complaints'
import { stopped, withdrawn } from './faults'
import { Judge, type Verdict } from './judge'
import { type Answer, readAnswer } from './messages'
import { Patience, type PatienceOptions } from './patience'
import { Publisher } from './publisher'
import type { Quarantine } from './quarantine'
import { Remembered } from './remembered'
import type { Suspects } from './suspects'
import type { WorkStores } from './workStores'

/** Shards that we compute at once when no worker does. */
const LANES = 2
/** A shard that was refused so often is not handed out any more. */
const MOST_LOST = 3
const LOOK_MS = 1_000
/** Results between two runs of one epoch are as good as asked for. */
const REST_MS = 1_000

export interface BoardOptions extends WorkStores, PatienceOptions {
  readonly local: ShardComputer
  readonly rescoreShare: number
  readonly quarantine: Quarantine
  readonly suspects: Suspects
  readonly draw?: () => number
  /** hands a shard to the queue; what was sent already under the same id, for want of an answer, is one message */
  readonly send: (shard: Shard, id: string) => Promise<void>
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
  readonly #patience: Patience
  readonly #complaints: Complaints
  #helping = false
  #suspected = Promise.resolve()

  constructor(private readonly options: BoardOptions) {
    const { send, patienceMs } = options
    this.#patience = new Patience(options)
    this.#complaints = new Complaints(options.observe)
    this.#judge = new Judge(options)
    this.#publisher = new Publisher({
      ...options,
      send: async ({ shard, serial, lost }) => {
        await send(shard, `${serial}.${lost}`)
        this.#complaints.over('publish')
      },
      onFailure: error => this.#complaints.tell('publish', error),
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
      else this.#complaints.tell('answer', error)
    }
  }

  /** The queue hands a shard out no more: no worker brought it back. It is computed here, and never a second time. */
  givenUp(shard: Digest, deliveries: number): void {
    const assignment = this.#open.get(shard)
    if (assignment === undefined || assignment.ours || assignment.judging) return
    this.#observed(assignment, 'any', 'lost')
    const message = `shard ${shard} was handed out ${deliveries} times and never came back; it is computed here`
    this.options.observe({ kind: 'failed', step: 'shard', code: 'SHARD_LOST', message })
    // one after the other: the memory may be what they lack
    this.#suspected = this.#suspected.then(() => this.#compute(assignment, true))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closed.abort()
    this.#runs.clear()
    this.#rest()
    await this.#publisher.close()
    await this.options.local.close()
  }

  #assigned(shard: Shard): Assignment {
    const known = this.#open.get(shard.digest)
    if (known) return known
    const assignment = new Assignment(shard)
    if (this.#open.size === 0) this.#patience.begin()
    this.#open.set(shard.digest, assignment)
    void this.#begin(assignment)
    return assignment
  }

  async #begin(assignment: Assignment): Promise<void> {
    const { scratch, local, suspects } = this.options
    const { shard, digest } = assignment
    try {
      suspects.expectHarmless(shard)
    } catch (error) {
      this.#fail(assignment, error)
      return
    }
    const known = this.#remembered.get(digest)
    if (known) {
      try {
        const result = await scratch.get(known.result, local.sizeOf(shard))
        local.check(shard, result)
        this.#settle(assignment, { result, worker: known.worker })
        return
      } catch (error) {
        this.#remembered.forget(digest)
        this.#complaints.tell('remembered result', error)
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
      this.#fail(assignment, error)
    } finally {
      assignment.judging = false
    }
  }

  #taken(
    assignment: Assignment,
    worker: string,
    { result, digest, checked }: Extract<Verdict, { kind: 'good' }>,
  ): void {
    this.#patience.heard(worker)
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
    this.#patience.caught()
    observe({ kind: 'shard', worker, result: 'lied', items, seconds: 0 })
    observe({ kind: 'worker', worker, state: 'quarantined', reason })
    const shards = this.#remembered.forgetWorker(worker)
    if (shards > 0) for (const run of [...this.#runs]) run.interrupt(withdrawn(worker, shards))
    await added.catch((error: unknown) => this.#complaints.tell('quarantine', error))
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
    return this.#open.size > 0 && !this.#closed.signal.aborted && this.#patience.isOver()
  }

  async #compute(assignment: Assignment, underSuspicion = false): Promise<void> {
    if (assignment.settled) return
    assignment.ours = true
    const { local, suspects } = this.options
    const compute = (): Promise<Uint8Array[]> =>
      local.run([assignment.shard], { signal: this.#closed.signal })
    try {
      const [result] = await (underSuspicion ? suspects.tried(assignment.shard, compute) : compute())
      this.#computed(assignment, result!)
    } catch (error) {
      this.#fail(assignment, error)
    }
  }

  #fail(assignment: Assignment, error: unknown): void {
    if (this.#open.get(assignment.digest) === assignment) this.#open.delete(assignment.digest)
    assignment.fail(error)
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
}
