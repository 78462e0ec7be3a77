import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCycle, type FailedStep } from './cycle'
import type { Lock, ServiceDeps, ServiceOptions } from './dependencies'
import { codeOf, isStop, messageOf, pauseAfter } from './faults'
import { Memory } from './memory'
import { expectLock } from './sendingRight'

/**
 * Follows the chain until it is asked to stop: computes, signs, posts and finalizes as an operator, recomputes and
 * challenges as a verifier. What the world does to it is waited out, for ever and with growing pauses; each step that fails is
 * told. With `once` it returns after one cycle.
 *
 * @throws what must not be survived (INVARIANT_BROKEN, CONTENT_CORRUPT, REORG_BELOW_FINALITY, …); with `once` also the
 * first failure, STORE_LOCKED when another process has the key
 */
export async function runService(deps: ServiceDeps, options: ServiceOptions): Promise<void> {
  const memory = new Memory(options)
  const inside = { ...deps, observe: options.observe, signal: options.signal }
  // every request under way listens to it
  setMaxListeners(0, options.signal)
  let lock: Lock | undefined
  try {
    for (let failures = 0; ;) {
      lock = await held(lock, inside, options)
      const longer = pauseAfter(failures + 1, options.pollMs)
      const failed = await runCycle(inside, options, memory, each => tellFailure(each, options, longer))
      failures = failed.length > 0 ? failures + 1 : 0
      const pause = failures > 0 ? longer : options.pollMs
      options.observe({ kind: 'cycle', failed: failed.map(({ step }) => step) })
      if (options.once && failed[0]) throw failed[0].error
      if (options.once) return
      await sleep(pause, undefined, { signal: options.signal })
    }
  } catch (error) {
    if (isStop(error, options.signal)) return
    if (!options.once) tellFailure({ step: 'service', error }, options)
    throw error
  } finally {
    await lock?.release()
  }
}

/** The lock that we have, or a new one where it was lost: nothing is sent in between. */
async function held(
  lock: Lock | undefined,
  deps: ServiceDeps,
  options: ServiceOptions,
): Promise<Lock | undefined> {
  if (lock && !lock.lost.aborted) return lock
  if (lock) {
    tellFailure({ step: 'lock', error: lock.lost.reason }, options, 0)
    await lock.release()
  }
  return acquire(deps, options)
}

/** Waits for the right to send; another process that has it may end at any time. */
async function acquire(
  { lock, lockHolder, poster, challenger }: ServiceDeps,
  options: ServiceOptions,
): Promise<Lock | undefined> {
  if (!lock || (!poster && !challenger)) return undefined
  for (let failures = 1; ; failures++) {
    try {
      return await expectLock({ lock, lockHolder })
    } catch (error) {
      if (options.once) throw error
      const pause = pauseAfter(failures, options.pollMs)
      tellFailure({ step: 'lock', error }, options, pause)
      await sleep(pause, undefined, { signal: options.signal })
    }
  }
}

/** @param pauseMs until it is tried again; nothing is where it is left out, or with `once` */
function tellFailure({ step, error }: FailedStep, options: ServiceOptions, pauseMs?: number): void {
  const event = { kind: 'failed' as const, step, code: codeOf(error), message: messageOf(error) }
  const again = pauseMs !== undefined && !options.once
  options.observe({ ...event, ...(again && { retryIn: pauseMs / 1000 }) })
}
