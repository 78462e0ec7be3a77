import { expect } from 'chai'
import { ChainReader, openProvider } from '../../src/chain'
import type { ServiceEvent } from '../../src/domain'
import { isFault } from '../../src/errors'
import type { RpcFault } from '../scene/faultyRpc'
import { CHAIN, failureOf, hex, otherBlocks, Readers, SLOTS, type ReaderOpening } from '../scene/readers'

const datanets = async (reader: ChainReader, block: number): Promise<number> =>
  (await reader.history(block)).register.datanets.length

describe('ChainReader', () => {
  let readers: Readers

  before(async () => (readers = await Readers.start()))
  afterEach(() => readers.reset())
  after(() => readers.stop())

  describe('finalizedBlock', () => {
    it('is the block that the node calls final, eight behind its head', async () => {
      const reader = await readers.open()
      const { head, finalized, safe, indexed } = await reader.heads()
      expect([head - safe, head - finalized]).to.deep.equal([SLOTS, 2 * SLOTS])
      expect(indexed).to.equal(readers.chain.startBlock - 1)
      expect((await reader.finalizedBlock()).number).to.equal(finalized)
    })

    it('never moves back, though an endpoint falls behind', async () => {
      const reader = await readers.open({ urls: readers.both })
      const before = await reader.finalizedBlock()
      readers.first.fault = { lag: 5 }
      expect(await reader.finalizedBlock()).to.deep.equal(before)
      readers.first.fault = { reset: true }
      readers.second.fault = { lag: 3 }
      expect(await reader.finalizedBlock()).to.deep.equal(before)
    })

    it('given two that have to agree: the newest block that both call final', async () => {
      readers.second.fault = { lag: 3 }
      const { number } = await (await readers.open()).finalizedBlock()
      const agreed = await (
        await readers.open({ urls: readers.both, reading: { crossCheck: 2 } })
      ).finalizedBlock()
      expect(agreed.number).to.equal(number - 3)
    })

    it('given two that have to agree and one that shows another block: fails and names both', async () => {
      readers.second.fault = otherBlocks()
      const reader = await readers.open({ urls: readers.both, reading: { crossCheck: 2 } })
      const fault = await failureOf(reader.finalizedBlock())
      expect(isFault(fault, 'RPC_FAILED') && fault.data.cause)
        .to.contain(readers.first.host)
        .and.to.contain(`${readers.second.host}: 0x5eed`)
    })

    it('given two that have to agree and one that is away: fails and says so', async () => {
      const reader = await readers.open({
        urls: readers.both,
        reading: { crossCheck: 2 },
        endpoints: { patienceMs: 0 },
      })
      readers.second.fault = { reset: true }
      const fault = await failureOf(reader.finalizedBlock())
      expect(isFault(fault, 'RPC_FAILED') && fault.message).to.match(/Only 1 of 2 RPC endpoints answer/)
    })
  })

  describe('expectBlock', () => {
    it('passes for a block of the chain', async () => {
      const reader = await readers.open()
      await reader.expectBlock(await reader.finalizedBlock())
    })

    it('given another hash, or a block that is not final: says what the chain has', async () => {
      const reader = await readers.open()
      const { number, hash } = await reader.finalizedBlock()
      const other = await failureOf(reader.expectBlock({ number, hash: `0x${'11'.repeat(32)}` }))
      expect(isFault(other, 'WRONG_CHAIN') && other.data.got).to.equal(`block ${number} is ${hash}`)
      const future = await failureOf(reader.expectBlock({ number: number + 1, hash }))
      expect(isFault(future, 'WRONG_CHAIN') && future.data.got).to.equal(`finalized up to ${number}`)
    })

    it('given endpoints that disagree: does not say that the block is wrong', async () => {
      const reader = await readers.open({ urls: readers.both, reading: { crossCheck: 2 } })
      const block = await reader.finalizedBlock()
      readers.second.fault = otherBlocks()
      expect(isFault(await failureOf(reader.expectBlock(block)), 'RPC_FAILED')).to.equal(true)
    })
  })

  describe('history', () => {
    const limits = ['infura', 'alchemy', 'quicknode', 'geth', 'gethRange', 'ankr', 'cloudflare'] as const
    for (const provider of limits) {
      it(`is whole behind the limits of ${provider}`, async () => {
        readers.first.fault = { logs: { provider, blocks: 7, results: 5 } }
        const reader = await readers.open()
        const { number } = await reader.finalizedBlock()
        expect(await datanets(reader, number))
          .to.equal(readers.chain.countAt(number))
          .and.to.be.greaterThan(20)
        expect(readers.first.count('eth_getLogs')).to.be.greaterThan(5)
      })
    }

    const passing: [string, RpcFault][] = [
      ['times out', { hang: true }],
      ['is throttled', { status: { code: 429, retryAfter: '0' } }],
      ['is garbled', { body: 'garbage' }],
      ['is cut off', { body: 'truncated' }],
      ['fails', { status: { code: 502 } }],
    ]
    for (const [what, fault] of passing) {
      it(`given eth_getLogs that ${what} once: the same range is asked for again`, async () => {
        const reader = await readers.open(fault.hang ? { endpoints: { timeoutMs: 1_000 } } : {})
        const { number } = await reader.finalizedBlock()
        readers.first.fault = { ...fault, methods: ['eth_getLogs'], times: 1 }
        expect(await datanets(reader, number)).to.equal(readers.chain.countAt(number))
        const asked = readers.first.requests.filter(({ method }) => method === 'eth_getLogs')
        expect(asked.map(({ params }) => params)).to.deep.equal([asked[0]!.params, asked[0]!.params])
      })
    }

    it('given a range that an endpoint is too slow for: asks for less', async () => {
      readers.first.fault = { heavyLogs: 30 }
      const reader = await readers.open({ endpoints: { timeoutMs: 600 } })
      const { number } = await reader.finalizedBlock()
      expect(await datanets(reader, number)).to.equal(readers.chain.countAt(number))
    })

    it('given an endpoint that falls behind unseen: no event is left out', async () => {
      const reader = await readers.open({ urls: readers.both })
      const { number } = await reader.finalizedBlock()
      readers.first.fault = { lag: 20 }
      expect(await datanets(reader, number)).to.equal(readers.chain.countAt(number))
    })

    const lies: [string, RpcFault['lie']][] = [
      ['leaves one out', (_method, logs) => (logs as unknown[]).slice(1)],
      ['adds one', (_method, logs) => [...(logs as unknown[]), later((logs as Log[]).at(-1)!)]],
    ]
    for (const [what, lie] of lies) {
      it(`given two that have to agree and one that ${what}: fails, and stores nothing`, async () => {
        const reader = await readers.open({ urls: readers.both, reading: { crossCheck: 2 } })
        const { number } = await reader.finalizedBlock()
        readers.second.fault = { methods: ['eth_getLogs'], lie: lie! }
        const fault = await failureOf(reader.history(number))
        expect(isFault(fault, 'RPC_FAILED') && fault.message).to.match(/do not agree on the logs/)
        expect(await readers.logs.cursor()).to.equal(undefined)
      })
    }

    const nonsense: [string, (log: Log) => unknown][] = [
      ['no address', log => ({ ...log, address: '0x12' })],
      ['the address of a stranger', log => ({ ...log, address: `0x${'99'.repeat(20)}` })],
      ['the event of a stranger', log => ({ ...log, topics: [`0x${'99'.repeat(32)}`] })],
      ['a block outside the range', log => ({ ...log, blockNumber: '0x1' })],
      ['no data', log => ({ ...log, data: '0xzz' })],
      ['data of another event', log => ({ ...log, data: '0x01' })],
      ['a block that was removed', log => ({ ...log, removed: true })],
      [
        'the place of another one',
        log => ({ ...log, logIndex: '0x0', blockNumber: hex(readers.chain.startBlock + 1) }),
      ],
      ['nothing at all', () => null],
    ]
    for (const [what, change] of nonsense) {
      it(`given an event with ${what}: asks another endpoint`, async () => {
        const reader = await readers.open({ urls: readers.both })
        const { number } = await reader.finalizedBlock()
        readers.first.fault = { methods: ['eth_getLogs'], lie: (_, logs) => (logs as Log[]).map(change) }
        expect(await datanets(reader, number)).to.equal(readers.chain.countAt(number))
        expect(readers.second.count('eth_getLogs')).to.equal(1)
      })
    }

    it('is read once: a later call and a later process ask for new events alone', async () => {
      const { number } = await (await readers.open()).finalizedBlock()
      await datanets(await readers.open(), number)
      readers.first.requests.length = 0
      const again = await readers.open()
      expect(await datanets(again, number)).to.equal(readers.chain.countAt(number))
      expect(readers.first.count('eth_getLogs')).to.equal(0)
      await readers.chain.create(2)
      await readers.chain.anvil.settle()
      const later = await again.finalizedBlock()
      expect(await datanets(again, later.number)).to.equal(readers.chain.countAt(later.number))
      const [range] = readers.first.requests.find(({ method }) => method === 'eth_getLogs')!.params as [Range]
      expect([range.fromBlock, range.toBlock]).to.deep.equal([hex(number + 1), hex(later.number)])
    })

    it('given an earlier block after a later one: what was known then; and it stays as it was given', async () => {
      const reader = await readers.open()
      const { number } = await reader.finalizedBlock()
      const blocks = [number, number - 9, number - 6, number - 9, number]
      for (const block of blocks) expect(await datanets(reader, block)).to.equal(readers.chain.countAt(block))
      const early = await reader.history(number - 9)
      const copy = structuredClone(early)
      await reader.history(number - 6)
      expect(early).to.deep.equal(copy)
    })

    it('is the same with and without a store', async () => {
      const stored = await readers.open()
      const pool = openProvider({ urls: [readers.first.url], chainId: CHAIN, pollMs: 20, timeoutMs: 15_000 })
      const { addresses, startBlock } = readers.chain
      const bare = await ChainReader.connect(pool, { chainId: CHAIN, startBlock, addresses })
      const { number } = await stored.finalizedBlock()
      expect(await bare.history(number)).to.deep.equal(await stored.history(number))
      pool.destroy()
    })

    it('given two processes on one store: both are right, and nothing is stored twice', async () => {
      readers.first.fault = { logs: { provider: 'geth', blocks: 6 } }
      const processes = [await readers.open(), await readers.open()]
      const { number } = await processes[0]!.finalizedBlock()
      const counts = await Promise.all(processes.map(reader => datanets(reader, number)))
      expect(counts).to.deep.equal([readers.chain.countAt(number), readers.chain.countAt(number)])
      expect((await readers.logs.cursor())?.number).to.equal(number)
    })

    it('goes on where it was stopped', async () => {
      readers.first.fault = { logs: { provider: 'gethRange', blocks: 5 } }
      const stop = new AbortController()
      let pieces = 0
      const observe = (event: ServiceEvent): void => {
        if (event.kind === 'indexed' && ++pieces === 3) stop.abort()
      }
      const reader = await readers.open({ reading: { observe } })
      const { number } = await reader.finalizedBlock()
      expect(isFault(await failureOf(reader.history(number, stop.signal)), 'ABORTED')).to.equal(true)
      expect((await readers.logs.cursor())?.number).to.equal(readers.chain.startBlock + 14)
      expect(await datanets(await readers.open(), number)).to.equal(readers.chain.countAt(number))
    })

    it('given the store of another system: refuses it', async () => {
      await readers.open()
      const fault = await failureOf(readers.open({ reading: { startBlock: readers.chain.startBlock - 1 } }))
      expect(isFault(fault, 'STORE_MISMATCH') && fault.data.field).to.equal('subject')
    })

    describe('given an endpoint, a setting and a store that are not of one chain', () => {
      const chain5 = { endpoints: { chainId: 5 }, reading: { chainId: 5 } }
      const refused = async (opening: ReaderOpening): Promise<string> => {
        const fault = await failureOf(readers.open(opening))
        expect(isFault(fault, 'WRONG_CHAIN') || isFault(fault, 'STORE_MISMATCH'), String(fault)).to.equal(
          true,
        )
        return (fault as Error).message
      }

      it('a wrong setting on an empty store: is named, and leaves the store empty', async () => {
        expect(await refused(chain5))
          .to.contain('chain 31337')
          .and.to.contain('the store is empty')
        expect(await readers.logs.subject()).to.equal(undefined)
        await readers.open()
      })

      it('a wrong setting: endpoints and store agree against it', async () => {
        await readers.open()
        expect(await refused(chain5))
          .to.contain('chainId disagrees with endpoints and store')
          .and.to.contain('set chainId to 31337')
      })

      it('a wrong endpoint: setting and store agree against it', async () => {
        await readers.open()
        readers.first.fault = { chainId: 5 }
        expect(await refused({})).to.contain('chain 31337, as chainId says and the store holds')
      })

      it('a wrong store: endpoint and setting agree against it', async () => {
        await readers.open()
        readers.first.fault = { chainId: 5 }
        expect(await refused(chain5))
          .to.contain('STORE_MISMATCH')
          .and.to.contain('serve chain 5, as chainId says')
      })

      it('three chains: says that none agrees', async () => {
        await readers.open()
        readers.first.fault = { chainId: 7 }
        expect(await refused(chain5))
          .to.contain('both disagree')
          .and.to.contain('chain 7, expected chain 5')
      })

      it('an endpoint that is down and a wrong store: says what it knows', async () => {
        await readers.open()
        readers.first.fault = { reset: true }
        const patienceMs = 0
        expect(await refused({ ...chain5, endpoints: { chainId: 5, patienceMs } })).to.contain(
          'gave no answer',
        )
      })
    })

    it('given a block that is not final: refuses it', async () => {
      const reader = await readers.open()
      const { number } = await reader.finalizedBlock()
      expect(isFault(await failureOf(reader.history(number + 1)), 'WRONG_CHAIN')).to.equal(true)
    })
  })

  it('given an endpoint that syncs from the start again: refuses it, and does not take it for a reorganisation', async () => {
    const reader = await readers.open()
    const { number } = await reader.finalizedBlock()
    await reader.history(number)
    readers.second.fault = { lag: 30, syncing: true }
    const other = failureOf(readers.open({ urls: [readers.second.url], endpoints: { patienceMs: 0 } }))
    const fault = await other
    expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.match(/syncing/)
    readers.second.fault = { lag: 30 }
    const behind = await failureOf(readers.open({ urls: [readers.second.url], endpoints: { patienceMs: 0 } }))
    expect(isFault(behind, 'RPC_FAILED') && behind.data.cause).to.match(/behind block \d+ that was final/)
  })

  it('tells what it stored and where the chain is', async () => {
    const reader = await readers.open()
    const { number } = await reader.finalizedBlock()
    await reader.history(number)
    const heads = await reader.heads()
    const [indexed] = readers.events.filter(event => event.kind === 'indexed')
    const stored = await readers.storedLogs()
    expect(indexed).to.deep.include({ events: stored, from: readers.chain.startBlock, to: number })
    expect(readers.events.at(-1)).to.deep.equal({ kind: 'blocks', ...heads })
    expect(heads.indexed).to.equal(number)
  })

  it('knows when a block was made', async () => {
    const { timestamp } = (await readers.chain.anvil.provider.getBlock(readers.chain.startBlock))!
    expect(await (await readers.open()).blockTime(readers.chain.startBlock)).to.equal(timestamp)
  })

  it('given more that have to agree than there are: refuses to start', async () => {
    for (const crossCheck of [0, 2, 1.5])
      expect(
        isFault(await failureOf(readers.open({ reading: { crossCheck } })), 'INVALID_ARGUMENT'),
      ).to.equal(true)
  })
})

type Log = Record<string, unknown>
type Range = { fromBlock: string; toBlock: string }

function later(log: Log): Log {
  return { ...log, logIndex: hex(Number(log.logIndex) + 1) }
}
