import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { ContentStoreError } from '@open-datanets/content-store'
import type { Progress, ServiceEvent } from '../../src/domain'
import { AttributionOracleError, isAbsent, isFault } from '../../src/errors'
import { JobThread } from '../../src/thread'
import { CLOSED, STOPPED, TURNS, type OddJobs, type OddSetup } from './oddJobs'

const ENTRY = join(__dirname, 'oddJobsThread.ts')
const quiet = { onProgress: (): void => undefined }

describe('a thread for jobs', () => {
  const counters = new Int32Array(new SharedArrayBuffer(12))
  const events: ServiceEvent[] = []
  let thread: JobThread<OddJobs>

  const started = (setup: Partial<OddSetup> = {}): JobThread<OddJobs> =>
    JobThread.start<OddJobs>({
      name: 'odd jobs',
      entry: ENTRY,
      setup: { counters, ...setup },
      observe: event => events.push(event),
    })
  const failure = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.fail('it did not fail'),
      (error: unknown) => error,
    )

  beforeEach(() => {
    counters.fill(0)
    events.length = 0
    thread = started()
  })
  afterEach(() => thread.close())

  it('is started once, and is not the one that asks', async () => {
    const [first, second] = [
      await thread.run('where', undefined, quiet),
      await thread.run('where', undefined, quiet),
    ]
    expect(first).to.equal(thread.threadId).and.to.not.equal(threadId)
    expect(second).to.equal(first)
  })

  it('leaves the one that asks free: HTTP is answered as often as the job needs to go on', async () => {
    const answers = 50
    const server = createServer((_, response) => {
      response.end()
      Atomics.add(counters, TURNS, 1)
      Atomics.notify(counters, TURNS)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      // on this thread the job would wait for ever
      const held = thread.run('hold', answers, quiet)
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      for (let i = 0; i < answers; i++) expect((await fetch(url)).status).to.equal(200)
      expect(await held).to.equal('let go')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('tells the progress of each job to its caller, and events to its opener, before the answer', async () => {
    const seen: Progress[] = []
    const onProgress = (progress: Progress): void => void seen.push(progress)
    const [two, three] = await Promise.all([
      thread.run('count', 2, { onProgress }),
      thread.run('count', 3, quiet),
    ])
    expect(seen.map(({ done, total }) => `${done}/${total}`)).to.deep.equal(['1/2', '2/2'])
    expect([two.get('steps'), three.get('steps')]).to.deep.equal([2n, 3n])
    expect(events.map(event => event.kind === 'tree' && event.leaves)).to.deep.equal([2, 3])
  })

  describe('given an error in a job', () => {
    it('throws the same: class, code, data, text, whether to try again, causes', async () => {
      const error = await failure(thread.run('fail', 'oracle', quiet))
      expect(isFault(error, 'INVALID_ARGUMENT') && error.data).to.deep.equal({
        argument: 'inputs',
        got: 'nothing',
        expected: 'something',
      })
      const { message, stack, retryable, cause } = error as AttributionOracleError
      expect(message).to.equal(
        'INVALID_ARGUMENT: It cannot be used\n  got:      nothing\n  expected: something\n  fix:      look again',
      )
      expect(retryable).to.equal(false)
      expect(stack).to.contain('oddJobs')
      expect((cause as Error).message).to.equal('disk full')
      expect(isAbsent((cause as Error).cause)).to.equal(true)
    })

    it('keeps those of content, so that what is missing stays told apart from what is broken', async () => {
      const error = await failure(thread.run('fail', 'content', quiet))
      expect(error).to.be.instanceOf(ContentStoreError)
      const { code, data, message, retryable } = error as ContentStoreError
      expect([code, retryable, message.includes('objects/ab')]).to.deep.equal([
        'CONTENT_MISSING',
        false,
        true,
      ])
      expect(data).to.deep.equal({ digest: `0x${'ab'.repeat(32)}`, path: 'objects/ab' })
    })

    it('keeps name, code and text of any other', async () => {
      const error = (await failure(thread.run('fail', 'other', quiet))) as NodeJS.ErrnoException
      expect([error.name, error.code, error.message]).to.deep.equal(['TypeError', 'ENOENT', 'no such thing'])
      const text = (await failure(thread.run('fail', 'text', quiet))) as Error
      expect(text.message).to.equal('only words')
    })

    it('goes on with the next one', async () => {
      const id = await thread.run('where', undefined, quiet)
      await failure(thread.run('fail', 'oracle', quiet))
      expect(await thread.run('where', undefined, quiet)).to.equal(id)
    })

    it('names an input that no thread can be given', async () => {
      const error = await failure(thread.run('hold', (() => 1) as unknown as number, quiet))
      expect((error as Error).name).to.equal('DataCloneError')
      expect(await thread.run('where', undefined, quiet)).to.equal(thread.threadId)
    })
  })

  describe('given that it dies', () => {
    for (const [how, reason] of [
      ['exit', 'exit code 3'],
      ['throw', 'out of nowhere'],
      ['reject', 'nobody listens'],
    ] as const) {
      it(`fails all that it was doing, and the next job has another thread (${how})`, async () => {
        const first = await thread.run('where', undefined, quiet)
        const other = failure(thread.run('wait', undefined, quiet))
        const error = await failure(thread.run('die', how, quiet))
        expect(isFault(error, 'THREAD_DIED') && error.data).to.deep.equal({ thread: 'odd jobs', reason })
        expect((error as AttributionOracleError).retryable).to.equal(true)
        expect(isFault(await other, 'THREAD_DIED')).to.equal(true)
        const next = await thread.run('where', undefined, quiet)
        expect(next).to.equal(thread.threadId).and.to.not.equal(first)
      })
    }
  })

  describe('given that the caller stops', () => {
    it('waits no more, and the job hears of it', async () => {
      const stop = new AbortController()
      const waiting = failure(thread.run('wait', undefined, { ...quiet, signal: stop.signal }))
      await thread.run('where', undefined, quiet)
      stop.abort()
      expect(isFault(await waiting, 'ABORTED')).to.equal(true)
      await thread.run('where', undefined, quiet)
      expect(counters[STOPPED]).to.equal(1)
      const late = await failure(thread.run('where', undefined, { ...quiet, signal: stop.signal }))
      expect(isFault(late, 'ABORTED')).to.equal(true)
    })
  })

  describe('given that it is closed', () => {
    it('releases what it holds, fails what is left, and takes no more', async () => {
      const waiting = failure(thread.run('wait', undefined, quiet))
      await thread.run('where', undefined, quiet)
      await thread.close()
      expect(isFault(await waiting, 'ABORTED')).to.equal(true)
      expect([counters[CLOSED], counters[STOPPED], thread.threadId]).to.deep.equal([1, 1, undefined])
      expect(isFault(await failure(thread.run('where', undefined, quiet)), 'ABORTED')).to.equal(true)
      await thread.close()
    })

    it('ends also while a job holds it', async () => {
      const held = failure(thread.run('hold', 1, quiet))
      await thread.close()
      expect(isFault(await held, 'ABORTED')).to.equal(true)
      expect(thread.threadId).to.equal(undefined)
    })
  })

  describe('given that it is wanted now and then', () => {
    const onDemand = (idleMs: number): JobThread<OddJobs> =>
      JobThread.onDemand<OddJobs>({
        ...{ name: 'odd jobs', entry: ENTRY, setup: { counters }, idleMs },
        observe: event => events.push(event),
      })
    const letGo = async (lazy: JobThread<OddJobs>): Promise<void> => {
      while (lazy.threadId !== undefined || counters[CLOSED] === 0) await sleep(1)
    }

    it('starts with its first job, is let go without one, and starts again', async () => {
      const lazy = onDemand(1)
      expect(lazy.threadId).to.equal(undefined)
      const first = await lazy.run('where', undefined)
      await letGo(lazy)
      expect(await lazy.run('where', undefined)).to.not.equal(first)
      await lazy.close()
    })

    it('stays while a job takes long, however long that is', async () => {
      const lazy = onDemand(1)
      const held = lazy.run('wait', undefined)
      const first = await lazy.run('where', undefined)
      await sleep(20)
      expect(await lazy.run('where', undefined)).to.equal(first)
      const stopped = failure(held)
      await lazy.close()
      expect(isFault(await stopped, 'ABORTED')).to.equal(true)
    })

    it('is closed without ever having been started', async () => {
      const lazy = onDemand(1)
      await lazy.close()
      expect(isFault(await failure(lazy.run('where', undefined)), 'ABORTED')).to.equal(true)
    })

    it('when it is closed, waits also for the thread that is being let go', async () => {
      const lazy = onDemand(1)
      await lazy.run('where', undefined)
      while (lazy.threadId !== undefined) await sleep(1)
      await lazy.close()
      expect(counters[CLOSED]).to.equal(1)
    })
  })

  describe('given that it cannot open', () => {
    it('says why, to whoever waits for it and to every job', async () => {
      const refusing = started({ refuses: true })
      expect(isFault(await failure(refusing.ready()), 'INVALID_ARGUMENT')).to.equal(true)
      const error = await failure(refusing.run('where', undefined, quiet))
      expect(isFault(error, 'INVALID_ARGUMENT') && error.data.argument).to.equal('natsUrl')
      await refusing.close()
      await thread.ready()
    })
  })
})
