import { ContentStoreError } from '@open-datanets/content-store'
import type { Observe } from '../domain'
import { AttributionOracleError } from '../errors'
import { reasonOf } from './connection'

/** Tells what goes wrong at a step once, until something else goes wrong there or it goes well again. */
export class Complaints {
  readonly #told = new Map<string, string>()

  constructor(private readonly observe: Observe) {}

  /** @param retryMs absent where nothing is tried again */
  tell(step: string, error: unknown, retryMs?: number): void {
    const message = reasonOf(error)
    if (this.#told.get(step) === message) return
    this.#told.set(step, message)
    const known = error instanceof AttributionOracleError || error instanceof ContentStoreError
    const code = known ? error.code : 'WORK_FAILED'
    const retryIn = retryMs === undefined ? {} : { retryIn: retryMs / 1000 }
    this.observe({ kind: 'failed', step, code, message, ...retryIn })
  }

  over(step: string): void {
    this.#told.delete(step)
  }
}
