import { expect } from 'chai'
import fc from 'fast-check'
import { errorSchema } from '../../src/api/schemas'
import { serve, startServedDatanet, type ServedDatanet } from '../scene/servedDatanet'
import { rawRequest } from './rawRequest'

const ADDRESS = `0x${'ab'.repeat(20)}`

describe('the HTTP interface, given anything at all over the socket', () => {
  let scene: ServedDatanet
  let served: Awaited<ReturnType<typeof serve>>
  let url: string
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): unknown => unhandled.push(error)
  before(async () => {
    process.on('unhandledRejection', onUnhandled)
    scene = await startServedDatanet()
    served = await serve(scene, scene.operator.publishFolder, {}, { store: scene.operator.store })
    url = served.api.url
  })
  after(async () => {
    await served?.stop()
    await scene?.stop()
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).to.deep.equal([])
  })

  const alive = async (): Promise<void> => void expect((await fetch(`${url}/health`)).status).to.equal(200)

  const token = fc.stringMatching(/^[A-Za-z!#$%&'*+.^_`|~-]{1,12}$/)
  const method = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'TRACE') },
    { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'PROPFIND', 'M-SEARCH', 'LOCK', 'PRI') },
    { weight: 1, arbitrary: token },
  )
  const part = fc.oneof(
    fc.constantFrom('v1', 'users', 'rewards', 'proofs', 'epochs', 'contributions', 'explain', 'calldata'),
    fc.constantFrom('1', '2', ADDRESS, '..', '%2e%2e', '%00', '%ff', '%', '__proto__', 'constructor'),
    fc.constantFrom('manifest', 'tree', 'car', 'post', 'attestations', 'models', 'metrics', 'history'),
    fc.string({ unit: 'binary', maxLength: 20 }).map(encodeURIComponent),
    fc.stringMatching(/^[!-~]{0,30}$/),
  )
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('limit', 'cursor', 'epoch', 'account', 'chainId', '__proto__', 'a[b]', ''),
      fc.stringMatching(/^[!-~]{0,20}$/),
    ),
    { maxLength: 4 },
  )
  const path = fc
    .tuple(fc.array(part, { maxLength: 5 }), query)
    .map(
      ([parts, pairs]) =>
        `/${parts.join('/')}${pairs.map(([a, b], i) => `${i ? '&' : '?'}${a}=${b}`).join('')}`,
    )
  const headerName = fc.oneof(
    fc.constantFrom('Range', 'If-None-Match', 'Origin', 'Content-Length', 'Transfer-Encoding', 'Expect'),
    fc.constantFrom('Last-Event-ID', 'Host', 'Connection', 'Upgrade', 'Content-Type', 'Accept-Encoding'),
    token,
  )
  const headerValue = fc.oneof(
    fc.constantFrom('bytes=0-', 'bytes=-', '*', '"', 'chunked', '0', '5', '-1', '99999999999', 'close'),
    fc.constantFrom('websocket', '100-continue', 'something', 'application/json', 'multipart/form-data'),
    fc.stringMatching(/^[ -~]{0,40}$/),
  )
  const request = fc
    .record({
      method,
      path,
      headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 6 }),
      body: fc.string({ unit: 'binary', maxLength: 60 }),
    })
    .map(each => ({
      ...each,
      text: `${each.method} ${each.path} HTTP/1.1\r\n${each.headers.map(([a, b]) => `${a}: ${b}\r\n`).join('')}\r\n${each.body}`,
    }))

  it('answers every request, and every refusal is a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ method: asked, text }) => {
        const answer = await rawRequest(url, text)
        expect(answer, JSON.stringify(text)).to.not.equal(undefined)
        const { status, headers, body } = answer!
        expect(status, JSON.stringify(text)).to.be.within(200, 503).and.not.equal(500)
        if (status < 400 || asked === 'HEAD') return
        expect(headers.get('content-type'), JSON.stringify(text)).to.match(/^application\/json/)
        const { error } = errorSchema.parse(JSON.parse(body.slice(0, Number(headers.get('content-length')))))
        expect(JSON.stringify(error)).to.not.match(/\.ts:|node_modules|at async/)
      }),
    )
    await alive()
  })

  it('lives through bytes that are no request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async bytes => {
        const answer = await rawRequest(url, bytes, true)
        if (answer) expect(answer.status).to.be.within(400, 431)
      }),
    )
    await alive()
  })
})
