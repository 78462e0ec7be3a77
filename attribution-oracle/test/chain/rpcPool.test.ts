import { expect } from 'chai'
import { Contract, isCallException, Transaction } from 'ethers'
import { inspect } from 'node:util'
import { openProvider, type EndpointOptions, type RpcPool } from '../../src/chain'
import type { ServiceEvent } from '../../src/domain'
import { isFault } from '../../src/errors'
import { startAnvil, type Anvil } from '../scene/anvil'
import { FaultyRpc, type RpcFault } from '../scene/faultyRpc'
import { failureOf } from '../scene/readers'

const CHAIN = 31337
const KEY = 'secret-key-of-the-provider'

describe('RpcPool', () => {
  let anvil: Anvil
  let first: FaultyRpc
  let second: FaultyRpc
  let events: ServiceEvent[]
  const pools: RpcPool[] = []

  before(async () => {
    anvil = await startAnvil()
    await anvil.mine(40)
    first = await FaultyRpc.before(anvil.url)
    second = await FaultyRpc.before(anvil.url)
  })
  beforeEach(() => {
    events = []
    for (const rpc of [first, second]) {
      rpc.fault = {}
      rpc.requests.length = 0
    }
  })
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.destroy()
  })
  after(async () => {
    for (const rpc of [first, second]) await rpc.stop()
    await anvil.stop()
  })

  /** Over both endpoints, or over those that are named. */
  function open(urls = [first.url, second.url], options: Partial<EndpointOptions> = {}): RpcPool {
    const observe = (event: ServiceEvent): void => void events.push(event)
    const pool = openProvider({ urls, chainId: CHAIN, pollMs: 20, timeoutMs: 15_000, observe, ...options })
    pools.push(pool)
    return pool
  }

  it('has as many requests under way as are asked, and none is taken for a leak', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    try {
      const pool = open([first.url])
      await Promise.all(Array.from({ length: 30 }, () => pool.send('eth_blockNumber', [])))
      await new Promise(setImmediate)
    } finally {
      process.removeListener('warning', note)
    }
    expect(warnings.map(({ name }) => name)).to.not.include('MaxListenersExceededWarning')
  })

  const down = (): string[] =>
    events.flatMap(event =>
      event.kind === 'endpoint' && !event.up ? [`${event.endpoint} ${event.reason}`] : [],
    )
  const broken: [string, RpcFault, RegExp][] = [
    ['never answers', { hang: true }, /timeout/],
    ['cuts the connection', { reset: true }, /no connection/],
    ['answers 429', { status: { code: 429, retryAfter: '1' } }, /HTTP 429/],
    [
      'says in JSON that it is asked too often',
      { error: { code: -32005, message: 'daily request count exceeded' } },
      /daily/,
    ],
    ['answers 503', { status: { code: 503 } }, /HTTP 503/],
    ['answers 401', { status: { code: 401 } }, /HTTP 401/],
    ['sends us elsewhere', { status: { code: 302 } }, /HTTP 302/],
    ['answers with bytes', { body: 'garbage' }, /no JSON-RPC/],
    ['stops in the middle of an answer', { body: 'truncated' }, /no JSON-RPC/],
    ['answers nothing', { body: 'empty' }, /no JSON-RPC/],
    ['answers with a web page', { body: 'html' }, /no JSON-RPC/],
    ['answers another question', { body: 'other id' }, /no JSON-RPC/],
    ['is on another chain', { chainId: 1 }, /chain 1, expected chain 31337/],
    ['is syncing', { syncing: true }, /syncing/],
  ]
  for (const [what, fault, reason] of broken) {
    const waiting = fault.hang ? { timeoutMs: 1_000 } : {}

    it(`given an endpoint that ${what}: the next one answers, and the first is named`, async () => {
      first.fault = fault
      expect(await open(undefined, waiting).getBlockNumber()).to.equal(40)
      expect(down()).to.have.length(1)
      expect(down()[0])
        .to.match(reason)
        .and.to.match(new RegExp(`^${first.host} `))
    })

    // an endpoint is trusted for a while before it is looked at again: within that, its answers have to tell
    if (fault.chainId !== undefined || fault.syncing) continue
    it(`given a healthy endpoint that later ${what}: reads go over to the next one`, async () => {
      const pool = open(undefined, waiting)
      await pool.getBlockNumber()
      expect(second.requests).to.have.length(0)
      first.fault = fault
      expect(await pool.getBlockNumber()).to.equal(40)
      expect(down()[0]).to.match(reason)
    })
  }

  it('given an endpoint with another first block: it is refused where the right one is known', async () => {
    const genesisHash = (await anvil.provider.getBlock(0))!.hash as `0x${string}`
    first.fault = { genesisHash: `0x${'ab'.repeat(32)}` }
    expect(await open(undefined, { genesisHash }).getBlockNumber()).to.equal(40)
    expect(down()[0]).to.match(/genesis 0xabab/)
  })

  it('given two endpoints with different first blocks and none configured: the first to answer counts', async () => {
    second.fault = { genesisHash: `0x${'ab'.repeat(32)}` }
    const pool = open(undefined, { patienceMs: 0 })
    await pool.getBlockNumber()
    first.fault = { reset: true }
    expect(isFault(await failureOf(pool.getBlockNumber()), 'RPC_FAILED')).to.equal(true)
    expect(down().some(reason => /genesis 0xabab/.test(reason))).to.equal(true)
  })

  it('given an endpoint behind a block that was final: it is refused as behind, and taken when it has caught up', async () => {
    first.fault = { lag: 10 }
    const pool = open([first.url], { patienceMs: 0 })
    pool.expectBlock(35)
    const fault = await failureOf(pool.getBlockNumber())
    expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.match(/at block 30, behind block 35/)
    first.fault = {}
    const patient = open([first.url])
    patient.expectBlock(35)
    expect(await patient.getBlockNumber()).to.equal(40)
  })

  it('given only endpoints of another chain: says so at once, with their names', async () => {
    first.fault = second.fault = { chainId: 5 }
    const fault = await failureOf(open().connect())
    expect(isFault(fault, 'WRONG_CHAIN') && fault.data.got)
      .to.contain(first.host)
      .and.to.contain(second.host)
  })

  it('given one endpoint that fails a few times: the read is tried again until it is answered', async () => {
    for (const fault of [
      { reset: true },
      { status: { code: 502 } },
      { body: 'garbage' },
    ] satisfies RpcFault[]) {
      first.fault = { ...fault, methods: ['eth_gasPrice'], times: 2 }
      expect(await open([first.url]).send('eth_gasPrice', [])).to.match(/^0x/)
    }
  })

  it('given an endpoint that goes away and comes back: it answers again, and is told to be up', async () => {
    const pool = open([first.url], { patienceMs: 0 })
    await pool.getBlockNumber()
    await first.stop()
    const fault = await failureOf(pool.getBlockNumber())
    expect(isFault(fault, 'RPC_FAILED') && fault.retryable).to.equal(true)
    await first.start()
    const patient = open([first.url])
    expect(await patient.getBlockNumber()).to.equal(40)
    await new Promise(resolve => setTimeout(resolve, 600))
    expect(await pool.getBlockNumber()).to.equal(40)
    const seen = events.flatMap(event => (event.kind === 'endpoint' ? [event.up] : []))
    expect(seen).to.deep.equal([true, false, true, true])
  })

  it('stays away for as long as it is asked to', async () => {
    const pool = open([first.url])
    await pool.getBlockNumber()
    first.fault = { status: { code: 429, retryAfter: '1' }, times: 1 }
    const started = performance.now()
    expect(await pool.getBlockNumber()).to.equal(40)
    expect(performance.now() - started).to.be.greaterThan(950)
  })

  it('does not ask again where the wait would be longer than its patience', async () => {
    const pool = open([first.url])
    first.fault = { status: { code: 429, retryAfter: new Date(Date.now() + 200_000).toUTCString() } }
    expect(isFault(await failureOf(pool.getBlockNumber()), 'RPC_FAILED')).to.equal(true)
    const { length } = first.requests
    expect(isFault(await failureOf(pool.getBlockNumber()), 'RPC_FAILED')).to.equal(true)
    expect(first.requests).to.have.length(length)
  })

  it('takes a revert for an answer and asks nobody else', async () => {
    // PUSH1 0 PUSH1 0 REVERT as code of an account
    const account = `0x${'77'.repeat(20)}`
    await anvil.provider.send('anvil_setCode', [account, '0x60006000fd'])
    const contract = new Contract(account, ['function f() view returns (uint256)'], open())
    expect(isCallException(await failureOf(contract.getFunction('f')()))).to.equal(true)
    expect(second.requests).to.have.length(0)
    expect(down()).to.deep.equal([])
  })

  it('asks the next endpoint for what one cannot do, and thinks no worse of it', async () => {
    first.fault = { methods: ['eth_getBalance'], error: { code: -32000, message: 'missing trie node' } }
    expect(await open().getBalance(anvil.account(0).address)).to.not.equal(0n)
    expect(second.count('eth_getBalance')).to.equal(1)
    expect(down()).to.deep.equal([])
  })

  it('hands out what no endpoint can do as their answer', async () => {
    const error = { code: -32601, message: 'the method eth_nothing does not exist' }
    first.fault = second.fault = { methods: ['eth_nothing'], error }
    const fault = (await failureOf(open().send('eth_nothing', []))) as { error?: unknown }
    expect(inspect(fault, { depth: 5 })).to.contain(error.message)
  })

  describe('given a signed transaction', () => {
    async function signed(): Promise<string> {
      const wallet = anvil.account(3)
      const nonce = await anvil.provider.getTransactionCount(wallet.address)
      return wallet.signTransaction({
        to: wallet.address,
        nonce,
        chainId: CHAIN,
        gasLimit: 21_000,
        type: 2,
        maxFeePerGas: 10_000_000_000n,
        maxPriorityFeePerGas: 1n,
      })
    }

    it('gives the same bytes to every healthy endpoint', async () => {
      const pool = open()
      const raw = await signed()
      await Promise.all(
        pool.endpoints.map(endpoint =>
          endpoint.admit({ chainId: CHAIN, genesisHash: undefined, atLeast: 0 }),
        ),
      )
      const { hash } = await pool.broadcastTransaction(raw)
      expect(hash).to.equal(Transaction.from(raw).hash)
      for (const rpc of [first, second]) {
        const sent = rpc.requests.filter(({ method }) => method === 'eth_sendRawTransaction')
        expect(sent.map(({ params }) => params)).to.deep.equal([[raw]])
      }
    })

    it('is content when one endpoint takes it', async () => {
      first.fault = { methods: ['eth_sendRawTransaction'], reset: true }
      const raw = await signed()
      expect((await open().broadcastTransaction(raw)).hash).to.equal(Transaction.from(raw).hash)
    })

    it('takes "already known" for having it', async () => {
      const error = { code: -32000, message: 'already known' }
      first.fault = second.fault = { methods: ['eth_sendRawTransaction'], error }
      const raw = await signed()
      expect((await open().broadcastTransaction(raw)).hash).to.equal(Transaction.from(raw).hash)
    })

    it('hands out why it is refused', async () => {
      const raw = await signed()
      const pool = open()
      await pool.broadcastTransaction(raw)
      const fault = (await failureOf(pool.broadcastTransaction(raw))) as { code?: string }
      expect(fault.code).to.equal('NONCE_EXPIRED')
    })
  })

  it('never shows more of an endpoint than its host, whatever the endpoint says', async () => {
    const url = new URL(`/v3/${KEY}?apikey=${KEY}`, first.url)
    url.username = 'operator'
    url.password = KEY
    first.fault = { error: { code: -32000, message: `no project ${KEY} at ${first.url}/v3/${KEY}` } }
    const pool = open([url.href], { patienceMs: 0 })
    const fault = await failureOf(pool.connect())
    expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.contain(first.host)
    first.fault = { methods: ['eth_gasPrice'], reset: true }
    const again = await failureOf(open([url.href], { patienceMs: 0 }).send('eth_gasPrice', []))
    for (const seen of [fault, again, events])
      expect(inspect(seen, { depth: Infinity, showHidden: true })).to.not.contain(KEY)
    first.fault = {}
    expect(await open([url.href]).getBlockNumber()).to.equal(40)
  })

  it('tells of every request: endpoint, method, code, seconds', async () => {
    first.fault = { methods: ['eth_gasPrice'], status: { code: 503 } }
    await open().send('eth_gasPrice', [])
    const told = events.flatMap(event =>
      event.kind === 'rpc' && event.method === 'eth_gasPrice' ? [`${event.endpoint} ${event.code}`] : [],
    )
    expect(told).to.deep.equal([`${first.host} 503`, `${second.host} ok`])
  })

  it('refuses URLs that are none, without showing them', () => {
    for (const urls of [[], [`ftp://host/${KEY}`], [first.url, KEY]]) {
      try {
        openProvider({ urls, chainId: CHAIN, pollMs: 20, timeoutMs: 100 })
        expect.fail('it opened')
      } catch (fault) {
        expect(isFault(fault, 'INVALID_ARGUMENT') && fault.message).to.not.contain(KEY)
      }
    }
  })

  it('ends what is under way when it is closed', async () => {
    first.fault = { hang: true }
    const pool = open([first.url], { timeoutMs: 60_000 })
    const reading = failureOf(pool.gather(1, endpoint => endpoint.request('eth_chainId', [])))
    pool.destroy()
    expect(isFault(await reading, 'ABORTED')).to.equal(true)
  })
})
