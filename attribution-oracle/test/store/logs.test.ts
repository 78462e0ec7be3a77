import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlockRef, Digest, LogRecord, LogStore } from '../../src/domain'
import { isFault } from '../../src/errors'
import { memoryLogStore } from '../../src/chain/memoryLogStore'
import { EpochStore } from '../../src/store'
import { startLogDatabase, type LogDatabase } from '../scene/logDatabase'

const SUBJECT = word(1)

describe('LogStore', () => {
  let database: LogDatabase
  before(async () => (database = await startLogDatabase()))
  afterEach(() => database.empty())
  after(() => database.stop())

  const stores: [string, () => LogStore][] = [
    ['on a database', () => database.logs],
    ['in memory', memoryLogStore],
  ]
  for (const [where, open] of stores) {
    describe(where, () => {
      let logs: LogStore
      beforeEach(async () => {
        logs = open()
        await logs.bind(SUBJECT)
      })

      it('is empty at first', async () => {
        expect(await logs.cursor()).to.equal(undefined)
        expect(await all(logs, 0, 100)).to.deep.equal([])
      })

      it('gives back what was appended, in the order of the chain, cut at any two blocks', async () => {
        const records = [5, 5, 6, 8, 8, 8, 11].map((block, i) => record(block, i))
        await logs.append(undefined, records.slice(0, 3), block(7))
        await logs.append(block(7), records.slice(3), block(12))
        expect(await logs.cursor()).to.deep.equal(block(12))
        for (let from = 4; from <= 12; from++)
          for (let to = from - 1; to <= 13; to++)
            expect(await all(logs, from, to)).to.deep.equal(
              records.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to),
            )
      })

      it('keeps every byte of any event', async () => {
        let after: BlockRef | undefined
        await fc.assert(
          fc.asyncProperty(fc.array(event(), { maxLength: 20 }), async events => {
            const number = (after?.number ?? 0) + 1
            const records = events.map((event, logIndex) => ({ ...record(number, logIndex), ...event }))
            await logs.append(after, records, block(number))
            after = block(number)
            expect(await all(logs, number, number)).to.deep.equal(records)
          }),
          { numRuns: 30 },
        )
      })

      it('moves the cursor over blocks without events', async () => {
        await logs.append(undefined, [], block(9))
        expect(await logs.cursor()).to.deep.equal(block(9))
      })

      it('given a cursor that is elsewhere by now: writes nothing', async () => {
        await logs.append(undefined, [record(3, 0)], block(4))
        for (const after of [undefined, block(3), { number: 4, hash: word(99) }]) {
          const fault = await logs.append(after, [record(5, 0)], block(6)).catch((error: unknown) => error)
          expect(isFault(fault, 'STORE_MISMATCH') && fault.data.field).to.equal('cursor')
        }
        expect([await logs.cursor(), await all(logs, 0, 9)]).to.deep.equal([block(4), [record(3, 0)]])
      })

      it('belongs to the first subject that it was bound to', async () => {
        await logs.bind(SUBJECT)
        const fault = await logs.bind(word(2)).catch((error: unknown) => error)
        expect(isFault(fault, 'STORE_MISMATCH') && fault.data.expected).to.equal(word(2))
      })
    })
  }

  it('reads more than a page', async () => {
    const { logs } = database
    await logs.bind(SUBJECT)
    const records = Array.from({ length: 12_001 }, (_, i) => record(Math.floor(i / 7), i % 7))
    await logs.append(undefined, records, block(2_000))
    const pages: number[] = []
    for await (const page of logs.read(0, 2_000)) pages.push(page.length)
    expect(pages).to.deep.equal([5_000, 5_000, 2_001])
    expect(await all(logs, 0, 2_000)).to.deep.equal(records)
  })

  it('given an append that fails in the middle: leaves the cursor and the events as they were', async () => {
    const { logs } = database
    await logs.bind(SUBJECT)
    await logs.append(undefined, [record(1, 0)], block(1))
    const twice = [record(2, 0), record(2, 0)]
    expect(await logs.append(block(1), twice, block(2)).catch((error: unknown) => error)).to.be.instanceOf(
      Error,
    )
    expect([await logs.cursor(), await all(logs, 0, 9)]).to.deep.equal([block(1), [record(1, 0)]])
  })

  it('outlives the process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oracle-logs-'))
    try {
      const before = await EpochStore.open(folder)
      await before.logs.bind(SUBJECT)
      await before.logs.append(undefined, [record(3, 1)], block(4))
      await before.close()
      const after = await EpochStore.open(folder)
      expect([await after.logs.cursor(), await all(after.logs, 0, 9)]).to.deep.equal([
        block(4),
        [record(3, 1)],
      ])
      await after.close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

async function all(logs: LogStore, from: number, to: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const page of logs.read(from, to)) records.push(...page)
  return records
}

function record(blockNumber: number, logIndex: number): LogRecord {
  return {
    blockNumber,
    logIndex,
    address: `0x${'ab'.repeat(20)}`,
    topics: [word(7), word(blockNumber)],
    data: '0x0102',
    blockHash: word(blockNumber),
    transactionHash: word(logIndex),
  }
}

function event(): fc.Arbitrary<Pick<LogRecord, 'topics' | 'data'>> {
  const bytes = (options: { minLength?: number; maxLength: number }): fc.Arbitrary<string> =>
    fc.uint8Array(options).map(value => `0x${Buffer.from(value).toString('hex')}`)
  return fc.record({
    topics: fc.array(bytes({ minLength: 32, maxLength: 32 }), { maxLength: 4 }),
    data: bytes({ maxLength: 300 }),
  })
}

function block(number: number): BlockRef {
  return { number, hash: word(number) }
}

function word(value: number): Digest {
  return `0x${value.toString(16).padStart(64, '0')}`
}
