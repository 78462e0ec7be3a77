import { expect } from 'chai'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { ContentStoreError, openContentStore, sha256, type ContentStore } from '../src'
import { failure } from './failure'
import { HttpServer, type Answer } from './scene/httpServer'

const bytes = new TextEncoder().encode('contribution')
const digest = sha256(bytes)
const QUICK = { attempts: 3, firstDelayMs: 1, idleMs: 2_000 }

describe('a content store behind an HTTP gateway', () => {
  let server: HttpServer
  let answer: Answer
  const store = (patience = {}): ContentStore =>
    openContentStore({ stores: [`${server.url}/content/?token=s3cret`], patience: { ...QUICK, ...patience } })
  beforeEach(async () => void (server = await HttpServer.start((asked, response) => answer(asked, response))))
  afterEach(() => server.stop())

  it('gives the bytes behind a digest, compressed on the way or not', async () => {
    answer = (_, response) => response.end(bytes)
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(server.asked[0]!.path).to.equal(`/content/${digest}?token=s3cret`)
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes))
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(await store().has(digest)).to.equal(true)
  })

  it('sends the user and password of its URL as authorization', async () => {
    answer = (_, response) => response.end(bytes)
    const withUser = server.url.replace('http://', 'http://me:pa%20ss@')
    await openContentStore(withUser).get(digest)
    expect(server.asked[0]!.headers.authorization).to.equal(`Basic ${btoa('me:pa ss')}`)
  })

  it('says that nobody has it only when it is told so', async () => {
    for (const status of [404, 410]) {
      answer = (_, response) => response.writeHead(status).end()
      expect((await failure(store().get(digest))).code).to.equal('CONTENT_MISSING')
      expect(await store().has(digest)).to.equal(false)
    }
    server.asked.length = 0
    answer = (_, response) => response.writeHead(403).end()
    const refused = await failure(store().get(digest))
    expect([refused.code, refused.retryable]).to.deep.equal(['CONTENT_REFUSED', false])
    expect(server.asked.length).to.equal(1)
  })

  it('tries again after an overloaded or failing answer, as late as it is asked to', async () => {
    const answers = [503, 429]
    let waited = 0
    answer = (_, response) => {
      const status = answers.shift()
      if (status === 429) waited = performance.now()
      if (status) response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end()
      else {
        waited = performance.now() - waited
        response.end(bytes)
      }
    }
    expect(await store().get(digest)).to.deep.equal(bytes)
    expect(server.asked.length).to.equal(3)
    expect(waited).to.be.greaterThan(990)
  })

  it('gives up after so many tries, and says that it may be tried later', async () => {
    answer = (_, response) => response.writeHead(502).end()
    const error = await failure(store().get(digest))
    expect([error.code, error.retryable, server.asked.length]).to.deep.equal(['CONTENT_UNREACHABLE', true, 3])
  })

  it('never waits for ever: neither for an answer nor for the rest of one', async () => {
    answer = () => undefined
    const silent = await failure(store({ idleMs: 50, attempts: 1 }).get(digest))
    expect(silent.message).to.contain('nothing came for 50 ms')
    answer = (_, response) => response.write(bytes.subarray(0, 3))
    const stalled = await failure(store({ idleMs: 50, attempts: 1 }).get(digest))
    expect(stalled.code).to.equal('CONTENT_UNREACHABLE')
  })

  it('can be stopped while it waits', async () => {
    const stop = new AbortController()
    answer = () => stop.abort()
    const error = await failure(store({ idleMs: 60_000, signal: stop.signal }).get(digest))
    expect([error.code, server.asked.length]).to.deep.equal(['CONTENT_UNREACHABLE', 1])
  })

  it('tells a content that is too large from a body that is not the content', async () => {
    const large = new Uint8Array(300_000).fill(3)
    answer = (_, response) => response.end(large)
    const tooLarge = await failure(store().get(sha256(large), 1000))
    expect(tooLarge.data).to.deep.equal({ digest: sha256(large), size: 300_000, maxBytes: 1000 })
    expect(server.asked.length).to.equal(1)
    const other = await failure(store().get(digest, 1000))
    expect([other.code, other.retryable]).to.deep.equal(['DIGEST_MISMATCH', true])
  })

  it('cannot be written', async () => {
    const error = await failure(store().put(bytes))
    expect(error.code).to.equal('NOT_WRITABLE')
  })

  it('shows no key, whatever fails', async () => {
    const faults: Answer[] = [
      (_, response) => response.writeHead(500).end(),
      (_, response) => response.writeHead(401).end(),
      (_, response) => response.end('other'),
      (_, response) => response.destroy(),
      (_, response) => response.writeHead(302, { location: 'http://u:s3cret@127.0.0.1:1/s3cret' }).end(),
    ]
    for (const fault of faults) {
      answer = fault
      const error = await failure(store({ attempts: 1 }).get(digest))
      expect(error).to.be.instanceOf(ContentStoreError)
      expect(`${error.stack}${JSON.stringify(error.data)}${String(error.cause)}`).to.not.contain('s3cret')
    }
  })

  it('given any body, cut off anywhere: gives the right bytes or a typed failure', async () => {
    const body = fc.oneof(
      fc.constant(bytes),
      fc.uint8Array({ maxLength: 64 }),
      fc.constant(new Uint8Array(70_000)),
    )
    const said = fc.option(fc.integer({ min: 0, max: 80_000 }), { nil: undefined })
    const encoding = fc.constantFrom(undefined, 'gzip', 'br', 'nonsense')
    await fc.assert(
      fc.asyncProperty(body, said, encoding, fc.boolean(), async (sent, length, coding, cut) => {
        answer = (_, response) => {
          if (length !== undefined) response.setHeader('content-length', length)
          if (coding) response.setHeader('content-encoding', coding)
          response.strictContentLength = false
          response.write(sent.subarray(0, length ?? sent.length))
          if (cut) response.destroy()
          else response.end()
        }
        const got = await store({ attempts: 1, idleMs: 100 })
          .get(digest, 1000)
          .catch((error: unknown) => error)
        if (got instanceof Uint8Array) expect(got).to.deep.equal(bytes)
        else expect(got).to.be.instanceOf(ContentStoreError)
      }),
      { numRuns: 60 },
    )
  })
})
