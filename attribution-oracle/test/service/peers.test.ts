import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isFault } from '../../src/errors'
import { askPeer } from '../../src/service/peers'

describe('askPeer', () => {
  let server: Server
  let answer: RequestListener
  const { signal } = new AbortController()
  const url = (): string => `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/base`
  const ask = (): Promise<unknown> =>
    askPeer(url().replace('user:secret@', ''), 7, signal).catch((error: unknown) => error)

  before(async () => {
    server = createServer((request, response) => answer(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => void server.close())

  it('asks under the base path, and takes a list', async () => {
    const paths: (string | undefined)[] = []
    answer = (request, response) => {
      paths.push(request.url)
      response.end(JSON.stringify({ epoch: 7, post: null, attestations: [] }))
    }
    expect(await ask()).to.deep.equal({ epoch: 7, post: null, attestations: [] })
    expect(paths).to.deep.equal(['/base/v1/epochs/7/attestations'])
  })

  it('takes 404 for nothing yet', async () => {
    answer = (_, response) => response.writeHead(404).end()
    expect(await ask()).to.equal(undefined)
  })

  const BROKEN: [string, RequestListener][] = [
    ['garbage', (_, response) => response.end(Buffer.from([0x7b, 0xff, 0x00]))],
    ['another document', (_, response) => response.end('{"epoch":"7"}')],
    ['a word of another form', (_, response) => response.end('{"epoch":7,"post":null,"attestations":[{}]}')],
  ]
  for (const [what, listener] of BROKEN)
    it(`refuses ${what}`, async () => {
      answer = listener
      expect(isFault(await ask(), 'INVALID_DOCUMENT')).to.equal(true)
    })

  const AWAY: [string, RequestListener, RegExp][] = [
    ['a server fault', (_, response) => response.writeHead(500).end(), /HTTP status 500/],
    [
      'a redirection',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /./,
    ],
    ['a cut connection', request => request.socket.destroy(), /./],
    [
      'an endless answer',
      (_, response) => void response.write(Buffer.alloc(300 * 1024)),
      /more than 262144 bytes/,
    ],
  ]
  for (const [what, listener, reason] of AWAY)
    it(`names the peer for ${what}`, async () => {
      answer = listener
      const fault = await ask()
      expect(isFault(fault, 'PEER_FAILED') && fault.data.reason).to.match(reason)
      expect(isFault(fault, 'PEER_FAILED') && fault.data.peer).to.match(/^127\.0\.0\.1:\d+$/)
    })

  it('names the host alone where the address holds a secret', async () => {
    answer = (_, response) => response.writeHead(500).end()
    const fault = await askPeer(url(), 7, signal).catch((error: unknown) => error)
    expect(String(fault)).to.not.include('secret')
  })
})
