import { encodeModel } from '../model/encode'
import type { Model } from '../model/types'
import { DirectSession } from '../session/directSession'
import type { Feeds, Outputs } from '../session/feeds'
import type { ProviderChoice } from '../session/providers'
import { SessionPool } from '../session/sessionPool'
import type { SessionChoice } from './options'

export interface PassRun {
  readonly fetches: readonly string[]
  readonly signal?: AbortSignal
}

/** Runs of one graph, in this thread or on worker threads. */
export interface PassSession {
  readonly providers: ProviderChoice
  /** Runs at a time. */
  readonly workers: number
  /** One run, which takes over the buffers of the feeds. */
  run(feeds: Feeds, options: PassRun): Promise<Outputs>
  /** Runs every job and returns `read(outputs, index)` in the order of the jobs. */
  map<R>(jobs: Iterable<Feeds>, read: (outputs: Outputs, index: number) => R, options: PassRun): Promise<R[]>
  close(): Promise<void>
}

/** @throws OnnxEngineError SESSION_FAILED */
export async function openPassSession(model: Model, choice: SessionChoice): Promise<PassSession> {
  const isFloat64 = model.graph.outputs.some(info => info.dtype === 'float64')
  const options = {
    model: encodeModel(model),
    intraOpThreads: choice.threads ?? 1,
    optimization: isFloat64 ? 'basic' : 'all',
    ...(choice.providers && { providers: choice.providers }),
  } as const
  if (choice.workers !== undefined && choice.workers > 0)
    return pooled(await SessionPool.create({ ...options, workers: choice.workers }))
  const session = await DirectSession.create(options)
  return {
    providers: session.providers,
    workers: 1,
    run: async (feeds, { fetches, signal }) => {
      signal?.throwIfAborted()
      return session.run(feeds, fetches)
    },
    map: async (jobs, read, { fetches, signal }) => {
      const results = []
      for (const feeds of jobs) {
        signal?.throwIfAborted()
        results.push(read(await session.run(feeds, fetches), results.length))
      }
      return results
    },
    close: () => session.close(),
  }
}

const pooled = (pool: SessionPool): PassSession => ({
  providers: pool.providers,
  workers: pool.workers,
  run: (feeds, options) => pool.run(feeds, { ...options, transfer: true }),
  map: (jobs, read, options) => pool.map(jobs, read, options),
  close: () => pool.close(),
})
