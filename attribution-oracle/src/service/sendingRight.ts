import type { Lock, ServiceDeps } from './dependencies'
import { lockedElsewhere } from './faults'

/** Whether this process may send: from when it got the lock until it released or lost it. */
export class SendingRight {
  private lock: Lock | undefined

  /** Takes over what the store gave; `release` gives both back. */
  take(lock: Lock | undefined): Lock | undefined {
    if (!lock) return undefined
    this.lock = lock
    return {
      lost: lock.lost,
      release: () => {
        if (this.lock === lock) this.lock = undefined
        return lock.release()
      },
    }
  }

  /** @throws STORE_LOCKED when it was never taken or is released, STORE_UNREACHABLE when it was lost */
  readonly expect = (): void => {
    if (!this.lock) throw lockedElsewhere()
    this.lock.lost.throwIfAborted()
  }
}

/** @throws STORE_LOCKED while another process has the lock, STORE_UNREACHABLE */
export async function expectLock({
  lock,
  lockHolder,
}: Pick<ServiceDeps, 'lock' | 'lockHolder'>): Promise<Lock | undefined> {
  if (!lock) return undefined
  const held = await lock('poster')
  if (held) return held
  throw lockedElsewhere(await lockHolder?.('poster').catch(() => undefined))
}
