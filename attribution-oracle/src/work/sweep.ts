import { isFolder, sweepArea } from '@open-datanets/content-store'
import type { Observe } from '../domain'
import { reasonOf } from './connection'

/** The folder or prefix beside the content where shards, answers and results lie. */
export const SCRATCH_AREA = 'work'
/** A queue may name for a week what was put there. */
const KEPT_MS = 8 * 24 * 3600_000

/**
 * Removes from the folders what no shard was published with for eight days. Buckets have rules of their own for what is old.
 * @param stores the locations of a content store
 * @param report told of what went wrong
 */
export function sweep(stores: readonly string[], report: Observe, now: number): void {
  for (const folder of stores.filter(isFolder))
    sweepArea(folder, SCRATCH_AREA, new Date(now - KEPT_MS)).catch((error: unknown) =>
      report({ kind: 'failed', step: 'sweep', code: 'DISK', message: reasonOf(error) }),
    )
}

/** Listens for epochs that become final, and sweeps then. */
export function sweepWhenFinal(stores: readonly string[], report: Observe, clock = Date.now): Observe {
  const seen = new Set<number>()
  return event => {
    if (event.kind !== 'epoch' || event.state !== 'final' || seen.has(event.epoch)) return
    seen.add(event.epoch)
    sweep(stores, report, clock())
  }
}
