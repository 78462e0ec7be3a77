import type { OpenLoraError } from './errors'

/** A signal, and the fault in which work ends when it aborts. */
export interface Interruption {
  signal: AbortSignal
  fault(): OpenLoraError
}

/**
 * What `work` gives, or the fault of the first interruption, at once. What waits for a chain or a disk cannot be
 * stopped: it goes on, but nobody waits for it any more.
 */
export function unlessInterrupted<T>(work: Promise<T>, interruptions: readonly Interruption[]): Promise<T> {
  const settled = new AbortController()
  return new Promise<T>((resolve, reject) => {
    work.then(resolve, reject)
    for (const { signal, fault } of interruptions) {
      const interrupt = (): void => reject(fault())
      if (signal.aborted) interrupt()
      else signal.addEventListener('abort', interrupt, { signal: settled.signal })
    }
  }).finally(() => settled.abort())
}
