import { expect } from 'chai'
import { startApi, type Api, type ApiOptions } from '../../src/api'
import type { ApiReading } from '../../src/domain'

const MAX = 3

describe('the HTTP interface behind a reverse proxy', () => {
  let api: Api | undefined
  afterEach(async () => api?.close())

  /** Statuses of one request more than one client may make, each from a client of its own according to the header. */
  const asked = async (
    trustedProxies: ApiOptions['trustedProxies'],
    clientOf: (request: number) => string,
  ): Promise<number[]> => {
    api = await startApi({
      ...{ host: '127.0.0.1', port: 0, corsOrigins: [], trustedProxies },
      reading: { epochs: () => Promise.resolve([]) } as unknown as ApiReading,
      rateLimit: { max: MAX, windowMs: 60_000 },
      ready: () => Promise.resolve({ ready: true, reasons: [] }),
      status: () => Promise.resolve({}),
    })
    const statuses: number[] = []
    for (let request = 0; request <= MAX; request++) {
      const headers = { 'x-forwarded-for': clientOf(request) }
      statuses.push((await fetch(`${api.url}/v1/epochs`, { headers })).status)
    }
    return statuses
  }
  const limited = [...Array<number>(MAX).fill(200), 429]
  const free = Array<number>(MAX + 1).fill(200)
  const many = (request: number): string => `192.0.2.${request}`

  it('given none that is trusted: what the header says counts for nothing', async () => {
    expect(await asked(undefined, many)).to.deep.equal(limited)
  })

  for (const trusted of [1, ['127.0.0.0/8'], ['127.0.0.1', '::1']])
    it(`given ${JSON.stringify(trusted)}: its clients are told apart`, async () => {
      expect(await asked(trusted, many)).to.deep.equal(free)
    })

  it('given a trusted one: each client has a limit of its own', async () => {
    expect(await asked(1, () => '192.0.2.1')).to.deep.equal(limited)
  })

  it('given what a client writes before the proxy adds its address: the address counts', async () => {
    expect(await asked(1, request => `${many(request)}, 192.0.2.99`)).to.deep.equal(limited)
  })

  it('given the address of another proxy, or an empty list: trusts nobody', async () => {
    expect(await asked(['10.0.0.0/8'], many)).to.deep.equal(limited)
    await api?.close()
    expect(await asked([], many)).to.deep.equal(limited)
  })
})
