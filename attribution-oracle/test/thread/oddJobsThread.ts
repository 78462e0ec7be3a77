import { threadId, workerData } from 'node:worker_threads'
import { ContentStoreError } from '@open-datanets/content-store'
import { AttributionOracleError } from '../../src/errors'
import { serveJobs } from '../../src/thread'
import { CLOSED, STOPPED, TURNS, type OddJobs, type OddSetup } from './oddJobs'

const { counters, refuses = false } = (workerData as { setup: OddSetup }).setup
const never = (): Promise<never> => new Promise(() => undefined)

serveJobs<OddJobs>(async observe => {
  if (refuses) throw refused('natsUrl')
  return {
    jobs: {
      where: () => Promise.resolve(threadId),
      hold(turns) {
        for (let seen = 0; seen < turns; seen = Atomics.load(counters, TURNS))
          Atomics.wait(counters, TURNS, seen)
        return Promise.resolve('let go')
      },
      count(steps, { onProgress }) {
        for (let done = 1; done <= steps; done++) onProgress({ stage: 'count', done, total: steps })
        observe({ kind: 'tree', epoch: 7, leaves: steps, seconds: 0 })
        return Promise.resolve(new Map([['steps', BigInt(steps)]]))
      },
      fail: how => Promise.reject(FAILURES[how]()),
      wait(_, { signal }) {
        signal?.addEventListener('abort', () => Atomics.store(counters, STOPPED, 1))
        return never()
      },
      die(how) {
        if (how === 'exit') process.exit(3)
        if (how === 'reject') void Promise.reject(new Error('nobody listens'))
        else
          setImmediate(() => {
            throw new Error('out of nowhere')
          })
        return never()
      },
    },
    close: () => Promise.resolve(Atomics.store(counters, CLOSED, 1)),
  }
})

const FAILURES = {
  oracle: () => refused('inputs', new Error('disk full', { cause: missing() })),
  content: missing,
  other: () => Object.assign(new TypeError('no such thing'), { code: 'ENOENT' }),
  text: () => 'only words',
}

function refused(argument: string, cause?: Error): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'It cannot be used', got: 'nothing', expected: 'something', fix: 'look again' },
    { argument, got: 'nothing', expected: 'something' },
    { cause },
  )
}

function missing(): ContentStoreError {
  return new ContentStoreError('CONTENT_MISSING', { digest: `0x${'ab'.repeat(32)}`, path: 'objects/ab' })
}
