import { expect } from 'chai'
import { z } from 'zod'
import { startApi } from '../../src/api'
import { errorSchema } from '../../src/api/schemas'
import type { Observe, ServiceEvent } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { serve, startServedDatanet, type ServedDatanet } from '../scene/servedDatanet'
import { rawRequest } from './rawRequest'

const ADDRESS = `0x${'ab'.repeat(20)}`
/** What stands in the paths of routes, of somebody whom the scene pays. */
const IN_PATH: Readonly<Record<string, string>> = {
  ...{ address: '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65', epoch: '1', id: '0', target: '0' },
}
const JSON_ONLY = { 'application/json': {} }

type Schema = Parameters<typeof z.fromJSONSchema>[0]
type Responses = Partial<Record<string, { content?: Record<string, { schema: Schema }> }>>
interface OpenApi {
  paths: Record<string, Record<string, { operationId: string; responses: Responses }>>
  components: { schemas: { Error: Schema } }
}

describe('the HTTP interface', () => {
  let scene: ServedDatanet
  let served: Awaited<ReturnType<typeof serve>>
  let url: string
  const observed: ServiceEvent[] = []
  const listeners = new Set<Observe>()
  const events = {
    subscribe: (listener: Observe): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const happen = (event: ServiceEvent): void => listeners.forEach(listener => listener(event))
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): unknown => unhandled.push(error)

  before(async () => {
    process.on('unhandledRejection', onUnhandled)
    scene = await startServedDatanet()
    served = await serve(scene, scene.operator.publishFolder, {
      events,
      corsOrigins: ['https://claim.example'],
      heartbeatMs: 30,
      observe: event => observed.push(event),
      metrics: { text: () => Promise.resolve('oracle_up 1\n'), contentType: 'text/plain; version=0.0.4' },
    })
    url = served.api.url
  })
  after(async () => {
    await served?.stop()
    await scene?.stop()
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).to.deep.equal([])
  })

  const errorOf = async (response: Response) => errorSchema.parse(await response.json()).error

  describe('given a request that it cannot understand', () => {
    const wrong: readonly [path: string, name: string, got: string, expected: RegExp][] = [
      ['/v1/users/0x12/rewards', 'params.address', '"0x12"', /^an address: 0x and 40 hexadecimal digits$/],
      [`/v1/users/${ADDRESS}/rewards?chainId=x`, 'querystring.chainId', '"x"', /^chain ids/],
      [`/v1/proofs/${ADDRESS}?epoch=0`, 'querystring.epoch', '"0"', /^the number of an epoch/],
      [`/v1/proofs/${ADDRESS}?epoch=1&epoch=2`, 'querystring.epoch', '["1","2"]', /^the number of an epoch/],
      ['/v1/epochs/-1', 'params.epoch', '"-1"', /whole number from 1 to 4294967295$/],
      ['/v1/epochs/99999999999999999999', 'params.epoch', '"99999999999999999999"', /4294967295$/],
      ['/v1/epochs?limit=201', 'querystring.limit', '"201"', /^a whole number from 1 to 200$/],
      ['/v1/epochs?cursor=abc', 'querystring.cursor', '"abc"', /^a cursor/],
      ['/v1/contributions/1e3', 'params.id', '"1e3"', /whole number below 2\^64$/],
      ['/v1/contributions?account=me', 'querystring.account', '"me"', /^an address/],
      ['/v1/explain/me/1', 'params.target', '"me"', /^an address .* or the id of a contribution/],
    ]
    for (const [path, name, got, expected] of wrong) {
      it(`answers ${path} with 400 and what was expected`, async () => {
        const response = await fetch(url + path)
        const { code, issues } = await errorOf(response)
        expect([response.status, code]).to.deep.equal([400, 'INVALID_REQUEST'])
        expect([issues![0]!.name, issues![0]!.got]).to.deep.equal([name, got])
        expect(issues![0]!.expected).to.match(expected)
      })
    }

    it('shortens what it repeats of a long value', async () => {
      const { issues } = await errorOf(await fetch(`${url}/v1/epochs/${'9'.repeat(1500)}`))
      expect(issues![0]!.got.length).to.equal(80)
    })
  })

  it('answers another method with 405 and those that it takes, on routes that it has', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
      const response = await fetch(`${url}/v1/epochs/1/manifest`, { method })
      expect([response.status, response.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD, OPTIONS'])
      expect((await errorOf(response)).code).to.equal('METHOD_NOT_ALLOWED')
      expect((await fetch(`${url}/v1/nothing`, { method })).status).to.equal(404)
    }
  })

  it('refuses bodies, long URLs and long headers by their size', async () => {
    const post = await fetch(`${url}/v1/epochs`, { method: 'POST', body: 'x'.repeat(1 << 20) })
    expect(post.status).to.equal(405)
    const body = await rawRequest(url, `GET /v1/epochs HTTP/1.1\r\nContent-Length: ${1 << 30}\r\n\r\n`)
    expect([body!.status, JSON.parse(body!.body).error.code]).to.deep.equal([413, 'TOO_LARGE'])
    const long = await fetch(`${url}/v1/epochs?limit=${'1'.repeat(3000)}`)
    expect([long.status, (await errorOf(long)).code]).to.deep.equal([414, 'URI_TOO_LONG'])
    const headers = await rawRequest(url, `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect([headers!.status, JSON.parse(headers!.body).error.code]).to.deep.equal([431, 'HEADERS_TOO_LARGE'])
  })

  it('lets browsers of the configured origin in, and no other', async () => {
    const of = async (origin: string): Promise<string | null> =>
      (await fetch(`${url}/v1/epochs`, { headers: { origin } })).headers.get('access-control-allow-origin')
    expect([await of('https://claim.example'), await of('https://other.example')]).to.deep.equal([
      'https://claim.example',
      null,
    ])
    const preflight = await fetch(`${url}/v1/epochs`, {
      method: 'OPTIONS',
      headers: { origin: 'https://claim.example', 'access-control-request-method': 'GET' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).to.deep.equal([
      204,
      'GET, HEAD',
    ])
  })

  it('says how the process is', async () => {
    const text = async (path: string): Promise<string> => (await fetch(url + path)).text()
    expect(await text('/health')).to.equal('{"status":"ok"}')
    expect(await text('/ready')).to.equal('{"ready":true,"reasons":[]}')
    expect(await text('/status')).to.equal('{"mode":"serve","wei":"1"}')
    expect(await text('/metrics')).to.equal('oracle_up 1\n')
  })

  it('describes every route that it has, and only those', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string
      paths: Record<string, { get?: { responses: Record<string, unknown> } }>
    }
    expect(document.openapi).to.equal('3.1.0')
    for (const [path, { get }] of Object.entries(document.paths)) {
      expect(get?.responses, path).to.include.keys('200')
      const asked = path.replace(/\{(\w+)\}/g, (_, name) => (name === 'address' ? ADDRESS : '1'))
      if (path === '/v1/events') continue
      const response = await fetch(url + asked)
      await response.arrayBuffer()
      expect(response.status, asked).to.be.oneOf([200, 404])
    }
    const ofEpochs = [
      '',
      '/{epoch}',
      ...['manifest', 'tree', 'car', 'attestations', 'post'].map(of => `/{epoch}/${of}`),
    ]
    expect(Object.keys(document.paths)).to.have.members([
      ...['/v1/users/{address}/rewards', '/v1/proofs/{address}', '/v1/calldata/{address}'],
      ...ofEpochs.map(path => `/v1/epochs${path}`),
      ...['/v1/contributions', '/v1/contributions/{id}', '/v1/models', '/v1/metrics/history'],
      ...['/v1/explain/{target}/{epoch}', '/v1/events', '/health', '/ready', '/metrics', '/status'],
    ])
  })

  it('answers as the document says, and says so to clients that are made from it', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi
    const { Error: error } = document.components.schemas
    const names = new Set<string>()
    for (const [path, operations] of Object.entries(document.paths))
      for (const { operationId, responses } of Object.values(operations)) {
        expect(operationId, path).to.match(/^[a-z][A-Za-z]+$/)
        expect(names, operationId).to.not.include(operationId)
        names.add(operationId)
        const { '200': ok, '304': tagged, '4XX': refused } = responses
        expect(Object.keys(refused?.content ?? JSON_ONLY), path).to.deep.equal(['application/json'])
        if (path === '/v1/events') continue
        const asked = path.replace(/\{(\w+)\}/g, (_, name) => IN_PATH[name as string]!)
        const response = await fetch(url + asked)
        expect(response.status, asked).to.equal(200)
        expect(response.headers.has('etag'), `ETag of ${path}`).to.equal(tagged !== undefined)
        const [type = ''] = response.headers.get('content-type')!.split(';')
        const declared = Object.entries(ok!.content ?? {}).find(([key]) => key.split(';')[0] === type)
        expect(declared, `${path} as ${type}`).to.not.equal(undefined)
        const body = await response.text()
        if (type !== 'application/json') continue
        const { success, error: why } = z.fromJSONSchema(declared![1].schema).safeParse(JSON.parse(body))
        expect(success, `${path}: ${why?.message ?? ''}`).to.equal(true)
      }
    const missing = await fetch(`${url}/v1/epochs/999`)
    expect(z.fromJSONSchema(error).safeParse(await missing.json()).success).to.equal(true)
  })

  describe('given limits for each address', () => {
    it('answers 429 beyond them, says when to come back, and still answers the operator', async () => {
      const { reading } = served
      const limited = await startApi({
        ...{ host: '127.0.0.1', port: 0, reading, corsOrigins: [] },
        ready: () => Promise.resolve({ ready: false, reasons: ['the chain does not answer'] }),
        status: () => Promise.resolve({}),
        rateLimit: { max: 2, windowMs: 60_000 },
      })
      try {
        const statuses = []
        for (let i = 0; i < 3; i++) statuses.push((await fetch(`${limited.url}/v1/epochs`)).status)
        expect(statuses).to.deep.equal([200, 200, 429])
        const refused = await fetch(`${limited.url}/v1/models`)
        expect(Number(refused.headers.get('retry-after'))).to.be.greaterThan(0)
        expect((await errorOf(refused)).code).to.equal('TOO_MANY_REQUESTS')
        expect((await fetch(`${limited.url}/v1/nothing`)).status).to.equal(429)
        expect((await fetch(`${limited.url}/health`)).status).to.equal(200)
        const ready = await fetch(`${limited.url}/ready`)
        expect([ready.status, await ready.json()]).to.deep.equal([
          503,
          { ready: false, reasons: ['the chain does not answer'] },
        ])
      } finally {
        await limited.close()
      }
    })
  })

  describe('given faults behind it', () => {
    const failing = async (error: unknown) => {
      const seen: ServiceEvent[] = []
      const api = await startApi({
        ...{ host: '127.0.0.1', port: 0, corsOrigins: [], rateLimit: undefined },
        reading: Object.assign(Object.create(served.reading) as typeof served.reading, {
          epoch: () => Promise.reject(error as Error),
        }),
        ready: () => Promise.reject(error as Error),
        status: () => Promise.reject(error as Error),
        observe: event => seen.push(event),
      })
      try {
        const answers = []
        for (const path of ['/v1/epochs/1', '/ready', '/status'])
          answers.push(
            await fetch(api.url + path).then(async each => [each.status, await each.text()] as const),
          )
        return { answers, failures: seen.filter(({ kind }) => kind === 'failed') }
      } finally {
        await api.close()
      }
    }

    it('tells a stranger nothing of what broke, and the operator everything', async () => {
      const { answers, failures } = await failing(new TypeError('/secret/path is undefined'))
      for (const [status, body] of answers) {
        expect(status).to.equal(500)
        expect(body).to.include('INTERNAL').and.not.include('secret')
      }
      expect(failures.map(event => event.kind === 'failed' && event.message)).to.deep.equal(
        answers.map(() => '/secret/path is undefined'),
      )
    })

    it('answers 503 where the chain is away, with when to come back', async () => {
      const cause = { method: 'eth_call', cause: 'timeout at rpc.example' }
      const { answers } = await failing(
        new AttributionOracleError('RPC_FAILED', { what: 'rpc.example' }, cause),
      )
      for (const [status, body] of answers) {
        expect(status).to.equal(503)
        expect(body).to.include('RPC_FAILED').and.not.include('rpc.example')
      }
    })
  })

  describe('server-sent events', () => {
    /** Reads a stream until it holds a text, and what came up to there. */
    const readUntil = async (wanted: string, lastId?: string): Promise<string> => {
      const stop = new AbortController()
      const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId }
      const response = await fetch(`${url}/v1/events`, { headers, signal: stop.signal })
      let text = ''
      const decoder = new TextDecoder()
      for await (const part of response.body!) {
        text += decoder.decode(part as Uint8Array)
        if (text.includes(wanted)) break
      }
      stop.abort()
      return text
    }

    it('starts with the epochs as they are, and then tells what becomes of them', async () => {
      const reading = readUntil('"state":"scored"')
      while (listeners.size === 0) await new Promise(setImmediate)
      const retold = setInterval(() => {
        happen({ kind: 'rpc', endpoint: 'secret.example', method: 'eth_call', code: 'ok', seconds: 1 })
        happen({ kind: 'epoch', epoch: 3, state: 'scored' })
      }, 20)
      const text = await reading
      clearInterval(retold)
      expect(text).to.match(/^retry: 3000\n\nid: [0-9a-f]{8}-[0-9]+\nevent: state\ndata: \[\{"epoch":2,/)
      expect(text).to.match(/event: epoch\ndata: \{"epoch":3,"state":"scored"\}/)
      expect(text).to.not.include('secret')
    })

    it('gives what was missed to one that comes back, each once', async () => {
      const first = await readUntil('event: state')
      const id = /id: (\S+)/.exec(first)![1]!
      for (const state of ['settled', 'submitted', 'final'] as const)
        happen({ kind: 'epoch', epoch: 4, state })
      const text = await readUntil('"state":"final"', id)
      expect([...text.matchAll(/"epoch":4,"state":"(\w+)"/g)].map(([, state]) => state)).to.deep.equal([
        'settled',
        'submitted',
        'final',
      ])
      expect(text).to.not.include('event: state')
    })

    it('loses nothing that happens while the epochs are read for a new one', async () => {
      const { reading } = served
      const epochs = async (query: Parameters<typeof reading.epochs>[0]) => {
        const found = await reading.epochs(query)
        happen({ kind: 'epoch', epoch: 5, state: 'rejected' })
        return found
      }
      const slow = await startApi({
        ...{ host: '127.0.0.1', port: 0, corsOrigins: [], events, rateLimit: undefined },
        reading: Object.assign(Object.create(reading) as typeof reading, { epochs }),
        ready: () => Promise.resolve({ ready: true, reasons: [] }),
        status: () => Promise.resolve({}),
      })
      const first = await fetch(`${slow.url}/v1/events`)
      await slow.close()
      expect(await first.text()).to.match(/event: state\n.*\n\nid: \S+\nevent: epoch\n.*rejected/)
    })

    it('tells one that it cannot help to start again', async () => {
      for (const id of ['00000000-5', 'nonsense', `${'9'.repeat(400)}`])
        expect(await readUntil('event: reset', id)).to.include('"epoch":2')
    })

    it('shows that it lives while nothing happens', async () => {
      expect(await readUntil(': still here')).to.include(': still here')
    })
  })

  it('counts requests by their route, never by their path', async () => {
    await fetch(`${url}/v1/proofs/${ADDRESS}`)
    const routes = observed.flatMap(event => (event.kind === 'request' ? [event.route] : []))
    expect(routes).to.include('/v1/proofs/:address')
    expect(routes.filter(route => route.includes('0x'))).to.deep.equal([])
  })
})
