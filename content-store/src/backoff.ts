import { setTimeout as sleep } from 'node:timers/promises'

/** How often and how long a request over the network is tried. */
export interface Patience {
  /** tries of one request, the first included */
  attempts: number
  /** before the second try, in ms; it doubles from try to try, and half of it is chance */
  firstDelayMs: number
  /** without a byte from the other side, in ms */
  idleMs: number
  signal?: AbortSignal
}

export const PATIENCE: Patience = { attempts: 5, firstDelayMs: 200, idleMs: 30_000 }

const LONGEST_DELAY_MS = 20_000

/** A failure after which another try makes sense. */
export class Passing extends Error {
  constructor(
    readonly failure: Error,
    /** what the other side asked for, in ms */
    readonly retryAfterMs = 0,
  ) {
    super(failure.message)
  }
}

/** Tries until it succeeds, fails for good or has been tried often enough. @throws the last failure */
export async function persistently<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (tried >= patience.attempts || patience.signal?.aborted) throw error.failure
      const own = patience.firstDelayMs * 2 ** (tried - 1) * (0.5 + Math.random() / 2)
      const delay = Math.min(LONGEST_DELAY_MS, Math.max(own, error.retryAfterMs))
      const { signal } = patience
      // an abort ends the sleep and is seen by the next try
      await sleep(delay, undefined, signal && { signal }).catch(() => undefined)
    }
  }
}
