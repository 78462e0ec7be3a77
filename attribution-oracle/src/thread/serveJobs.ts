import { parentPort } from 'node:worker_threads'
import type { Observe } from '../domain'
import { faultOf } from './fault'
import type { Jobs, Reply, Request } from './protocol'

/** What a thread does, once it is open. */
export interface Serving<T extends Jobs<T>> {
  readonly jobs: T
  close(): Promise<unknown>
}

/**
 * Runs jobs on this thread for whoever started it. Jobs run side by side; every error reaches the caller of its job.
 * @param open given what tells the opener of an event
 */
export function serveJobs<T extends Jobs<T>>(open: (observe: Observe) => Promise<Serving<T>>): void {
  const running = new Map<number, AbortController>()
  const opening = open(event => reply({ kind: 'event', event }))
  opening.then(
    () => reply({ kind: 'ready' }),
    (error: unknown) => reply({ kind: 'notOpened', fault: faultOf(error) }),
  )

  const run = async ({ id, name, input }: Extract<Request, { kind: 'run' }>): Promise<void> => {
    const stop = new AbortController()
    running.set(id, stop)
    try {
      const job = (await opening).jobs[name as keyof T]
      const output = await job(input as never, {
        onProgress: progress => reply({ kind: 'progress', id, progress }),
        signal: stop.signal,
      })
      reply({ kind: 'done', id, output })
    } catch (error) {
      reply({ kind: 'failed', id, fault: faultOf(error) })
    } finally {
      running.delete(id)
    }
  }

  const close = async (): Promise<void> => {
    for (const stop of running.values()) stop.abort()
    await opening.then(serving => serving.close()).catch(() => undefined)
    // of the thread alone; threads and timers of its own end with it
    process.exit(0)
  }

  parentPort?.on('message', (request: Request) => {
    if (request.kind === 'run') void run(request)
    else if (request.kind === 'abort') running.get(request.id)?.abort()
    else void close()
  })
}

function reply(message: Reply): void {
  parentPort?.postMessage(message)
}
