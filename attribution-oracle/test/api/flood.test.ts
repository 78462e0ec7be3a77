import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApi, type Api } from '../../src/api'
import type { ApiReading, ContentStore, Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import { Decisions } from '../../src/pipeline/apiReading/decisions'

const MEBIBYTE = Buffer.alloc(1 << 20)
const LENGTH = 2 ** 30

/** A reading that knows no epochs, and one file that is larger than any socket takes at once. */
const reading = {
  epochs: () => Promise.resolve([]),
  file: () =>
    Promise.resolve({
      ...{ name: 'large', length: LENGTH, tag: 'large', final: true },
      async *read(start: number, end: number) {
        for (let left = end - start + 1; left > 0; left -= MEBIBYTE.length) {
          await sleep(1)
          yield MEBIBYTE.subarray(0, Math.min(left, MEBIBYTE.length))
        }
      },
    }),
} as unknown as ApiReading

describe('the HTTP interface, asked for more than it has', () => {
  let api: Api
  before(async () => {
    api = await startApi({
      ...{ host: '127.0.0.1', port: 0, corsOrigins: [], reading },
      rateLimit: { max: 10_000, windowMs: 60_000 },
      ready: () => Promise.resolve({ ready: true, reasons: [] }),
      status: () => Promise.resolve({}),
    })
  })
  after(() => api?.close())

  const open = (path: string, stop: AbortController): Promise<Response> =>
    fetch(api.url + path, { signal: stop.signal })
  /** Answers that nobody reads. They have to be kept: fetch hangs up on an answer that is garbage. */
  const openAll = async (path: string, stops: readonly AbortController[]): Promise<Response[]> => {
    const kept: Response[] = []
    for (const stop of stops) kept.push(await open(path, stop))
    return kept
  }
  /** The status of the next answer that is not the given one; clients that went take a moment to be noticed. */
  const statusAfter = async (path: string, full: number): Promise<number> => {
    for (;;) {
      const stop = new AbortController()
      const { status } = await open(path, stop)
      stop.abort()
      if (status !== full) return status
      await sleep(5)
    }
  }

  it('lets one address listen sixteen times, and again when one of them goes', async () => {
    const stops = Array.from({ length: 16 }, () => new AbortController())
    const kept = await openAll('/v1/events', stops)
    const refused = await fetch(`${api.url}/v1/events`)
    expect([refused.status, (await refused.text()).includes('TOO_MANY_REQUESTS')]).to.deep.equal([429, true])
    stops[0]!.abort()
    expect(await statusAfter('/v1/events', 429)).to.equal(200)
    expect(kept.map(({ status }) => status)).to.deep.equal(stops.map(() => 200))
    stops.forEach(stop => stop.abort())
  })

  it('sends 64 files at a time to clients that take nothing, and still answers all others', async () => {
    const stops = Array.from({ length: 64 }, () => new AbortController())
    const kept = await openAll('/v1/epochs/1/tree', stops)
    const refused = await fetch(`${api.url}/v1/epochs/1/tree`)
    expect(refused.status).to.equal(503)
    expect(refused.headers.get('retry-after')).to.equal('5')
    expect(refused.headers.get('etag')).to.equal(null)
    expect(await refused.text()).to.include('"BUSY"')
    expect((await fetch(`${api.url}/health`)).status).to.equal(200)
    expect(kept.map(({ status }) => status)).to.deep.equal(stops.map(() => 200))
    stops.forEach(stop => stop.abort())
    expect(await statusAfter('/v1/epochs/1/tree', 503)).to.equal(200)
  })

  it('reads the decisions of one epoch at a time, however many are asked for', async () => {
    const asked: (() => void)[] = []
    const content = {
      get: () => new Promise((_, reject) => asked.push(() => reject(new Error('not here')))),
    } as unknown as ContentStore
    const decisions = new Decisions(content)
    const of = (epoch: number): Promise<unknown> => {
      const digest = `0x${epoch.toString(16).padStart(64, '0')}` as const
      return Promise.resolve()
        .then(() => decisions.one({ epoch, dataDigest: digest } as Post, 0n))
        .catch((error: unknown) => error)
    }
    const answers = Array.from({ length: 12 }, (_, i) => of(i + 1))
    const late = await Promise.all(answers.slice(8))
    expect(late.every(error => isFault(error, 'NOT_READY'))).to.equal(true)
    for (let done = 0; done < 8; done++) {
      while (asked.length === 0) await sleep(1)
      expect(asked.length).to.equal(1)
      asked.pop()!()
    }
    const early = await Promise.all(answers.slice(0, 8))
    expect(early.some(error => isFault(error, 'NOT_READY'))).to.equal(false)
  })
})
