import { expect } from 'chai'
import fc from 'fast-check'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ChainReader, openProvider } from '../../src/chain'
import { headerOf, logsOf } from '../../src/chain/answers'
import { EndpointFault, faultOf } from '../../src/chain/endpointFault'
import { historyFilter, HistoryFold } from '../../src/chain/events'
import { asked } from '../../src/chain/rpcFault'
import { suggestedRange } from '../../src/chain/logLimit'
import { AttributionOracleError, isFault } from '../../src/errors'
import { failureOf } from '../scene/readers'

const contracts = ['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault']
const others = ['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands']
const addresses = Object.fromEntries(
  [...contracts, ...others].map((name, i) => [name, `0x${String(i + 1).padStart(40, '0')}`]),
) as unknown as Parameters<typeof historyFilter>[0]
const filter = historyFilter(addresses)
const HASH = `0x${'22'.repeat(32)}` as const

const hexBytes = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength, maxLength }).map(bytes => `0x${Buffer.from(bytes).toString('hex')}`)

/** An answer that is nearly right: a field of a real one is something else, or missing. */
function nearly(whole: Record<string, unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      fc.constantFrom(...Object.keys(whole)),
      fc.oneof(fc.jsonValue(), hexBytes(0, 40), fc.constant(undefined)),
    )
    .map(([name, value]) => ({ ...whole, [name]: value }))
}

const header = { number: '0x5', hash: HASH, parentHash: HASH, timestamp: '0x65' }
const log = {
  ...{
    blockNumber: '0x5',
    logIndex: '0x0',
    address: filter.address[0],
    topics: [filter.topics[0]![0], HASH],
  },
  ...{ data: '0x', blockHash: HASH, transactionHash: HASH, removed: false },
}

describe('given anything at all for an answer', () => {
  it('a header is one or the fault of the endpoint', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearly(header)), answer => {
        const read = outcome(() => headerOf(answer))
        if (read instanceof Error) expect(read).to.be.instanceOf(EndpointFault)
        else if (read) expect(Number.isSafeInteger(read.number)).to.equal(true)
      }),
      { numRuns: 500 },
    )
  })

  it('logs are what was asked for or the fault of the endpoint', () => {
    const answers = fc.oneof(fc.jsonValue(), fc.array(nearly(log), { maxLength: 4 }))
    fc.assert(
      fc.property(answers, answer => {
        const read = outcome(() => logsOf(answer, filter, 0, { number: 5, hash: HASH }))
        if (read instanceof Error) expect(read).to.be.instanceOf(EndpointFault)
        else for (const { address } of read) expect(filter.address).to.contain(address)
      }),
      { numRuns: 500 },
    )
  })

  it('an event is folded or refused as what it is', () => {
    const events = fc.record({
      address: fc.constantFrom(...filter.address),
      topics: fc
        .tuple(fc.constantFrom(...filter.topics[0]!), fc.array(hexBytes(32, 32), { maxLength: 3 }))
        .map(([topic, rest]) => [topic, ...rest]),
      data: fc.oneof(hexBytes(0, 400), words()),
    })
    fc.assert(
      fc.property(fc.array(events, { maxLength: 5 }), found => {
        const fold = new HistoryFold(addresses, 0)
        const logs = found.map((event, logIndex) => ({
          ...{ ...event, logIndex, blockNumber: 1, blockHash: HASH, transactionHash: HASH },
        }))
        const failed = outcome(() => fold.add(logs))
        if (failed instanceof Error)
          expect(isFault(failed, 'INVARIANT_BROKEN'), String(failed)).to.equal(true)
        fold.history()
      }),
      { numRuns: 2_000 },
    )
  })

  it('a refusal of any words is understood or not, and never costs more than its length', () => {
    const words = fc.oneof(
      fc.string({ maxLength: 4_000 }),
      fc.array(
        fc.constantFrom('range', ' ', 'block', '[', '0x', '1', ',', 'max', 'limit', 'exceed', 'up to'),
        {
          maxLength: 2_000,
        },
      ),
    )
    fc.assert(
      fc.property(words, fc.integer(), (text, code) => {
        const message = [text].flat().join('')
        expect(faultOf('eth_getLogs', { code, message })).to.be.instanceOf(EndpointFault)
        const suggestion = suggestedRange(message)
        if (suggestion && 'blocks' in suggestion) expect(suggestion.blocks).to.be.greaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  describe('over HTTP', () => {
    let server: Server
    let reply: {
      status: number
      body: Uint8Array | ((id: unknown) => unknown)
      headers: Record<string, string>
    }

    before(async () => {
      server = createServer((request, response) => {
        let text = ''
        request.on('data', part => (text += String(part)))
        request.on('end', () => {
          const { id } = JSON.parse(text) as { id: unknown }
          const { status, body, headers } = reply
          response.writeHead(status, headers)
          response.end(typeof body === 'function' ? JSON.stringify(body(id)) : body)
        })
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    })
    after(() => new Promise(resolve => server.close(resolve)))

    const replies = fc.record({
      status: fc.constantFrom(200, 200, 200, 204, 301, 400, 404, 413, 429, 500),
      headers: fc.constantFrom(
        {},
        { 'retry-after': 'soon' },
        { 'retry-after': '1e9' },
        { 'content-encoding': 'gzip' },
      ),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.jsonValue().map(value => () => value),
        fc.jsonValue().map(result => (id: unknown) => ({ jsonrpc: '2.0', id, result })),
        fc.jsonValue().map(error => (id: unknown) => ({ jsonrpc: '2.0', id, error })),
        fc
          .string()
          .map(message => (id: unknown) => ({ jsonrpc: '2.0', id, error: { code: -32000, message } })),
      ),
    })

    it('every call ends, with a value or a typed fault', async () => {
      const { port } = server.address() as AddressInfo
      await fc.assert(
        fc.asyncProperty(replies, async given => {
          reply = given
          const urls = [`http://127.0.0.1:${port}`]
          const pool = openProvider({ urls, chainId: 1, pollMs: 50, timeoutMs: 2_000, patienceMs: 0 })
          const connected = await failureOf(
            ChainReader.connect(pool, { chainId: 1, startBlock: 0, addresses }),
          )
          const read = await failureOf(asked('eth_getBlockByNumber', pool.getBlock(1)))
          pool.destroy()
          for (const failed of [connected, read])
            if (failed !== undefined) expect(failed).to.be.instanceOf(AttributionOracleError)
        }),
        { numRuns: 200 },
      )
    })

    it('a healthy endpoint that turns to nonsense later: the same', async () => {
      const { port } = server.address() as AddressInfo
      await fc.assert(
        fc.asyncProperty(replies, async given => {
          const urls = [`http://127.0.0.1:${port}`]
          const pool = openProvider({ urls, chainId: 1, pollMs: 50, timeoutMs: 2_000, patienceMs: 0 })
          const [endpoint] = pool.endpoints
          reply = { status: 200, headers: {}, body: id => ({ jsonrpc: '2.0', id, result: header }) }
          // its answers alone tell, as within the time for which it is trusted
          endpoint!.admit = () => Promise.resolve()
          const reader = await ChainReader.connect(pool, { chainId: 1, startBlock: 0, addresses })
          reply = given
          for (const work of [() => reader.finalizedBlock(), () => reader.history(3), () => reader.heads()]) {
            const failed = await failureOf(work())
            if (failed !== undefined) expect(failed).to.be.instanceOf(AttributionOracleError)
          }
          pool.destroy()
        }),
        { numRuns: 200 },
      )
    })
  })
})

/** ABI data of words that are mostly small, so that offsets and lengths point somewhere. */
function words(): fc.Arbitrary<string> {
  const word = fc.oneof(fc.nat(400).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
  return fc
    .array(word, { maxLength: 20 })
    .map(values => `0x${values.map(value => value.toString(16).padStart(64, '0')).join('')}`)
}

function outcome<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}
