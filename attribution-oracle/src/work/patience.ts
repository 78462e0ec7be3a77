import type { Observe } from '../domain'

/** So many liars within an hour, and we compute alone: names cost nothing. */
const MOST_LIARS = 8
const HOUR_MS = 3600_000
/** A server that is away for so long is not waited for. */
const AWAY_MS = 5_000

export interface PatienceOptions {
  /** without any answer for so long we begin to compute ourselves */
  readonly patienceMs: number
  /** the host of the server, and for how long it has not been connected: 0 while it is */
  readonly queue: { readonly host: string; awayMs(): number }
  readonly observe: Observe
}

/**
 * Decides when shards are computed here instead of waiting for workers: once for all that follows, until one answers. An
 * epoch is never missed because the queue or its workers are not there.
 */
export class Patience {
  #heardAt = performance.now()
  /** when a worker was caught */
  #caught: number[] = []
  #alone = false

  constructor(private readonly options: PatienceOptions) {}

  /** There is work again where there was none. */
  begin(): void {
    if (!this.#alone) this.#heardAt = performance.now()
  }

  heard(worker: string): void {
    this.#heardAt = performance.now()
    this.#tell(false, `worker ${worker} answers`)
  }

  caught(): void {
    this.#caught.push(performance.now())
  }

  /** Whether to compute here now. Tells whoever observes when that changes. */
  isOver(): boolean {
    const reason = this.#reason()
    if (reason !== undefined) this.#tell(true, reason)
    return reason !== undefined
  }

  #reason(): string | undefined {
    const { patienceMs, queue } = this.options
    const now = performance.now()
    this.#caught = this.#caught.filter(at => now - at < HOUR_MS)
    if (this.#caught.length >= MOST_LIARS) return `${this.#caught.length} workers lied within an hour`
    if (now - this.#heardAt >= patienceMs)
      return `no worker answered through NATS at ${queue.host} for ${patienceMs / 1000} s`
    if (queue.awayMs() >= Math.min(AWAY_MS, patienceMs)) return `NATS at ${queue.host} cannot be reached`
    return undefined
  }

  #tell(alone: boolean, reason: string): void {
    if (alone === this.#alone) return
    this.#alone = alone
    this.options.observe({ kind: 'alone', alone, reason })
  }
}
